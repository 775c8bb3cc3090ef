# Around Windows Update: its settings during the build, what it has installed, what mends it.
# Dot-sourced behind common.ps1; it does nothing by itself.
[CmdletBinding()]
param()

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'

$IngotUpdatePolicy = 'HKLM:\SOFTWARE\Policies\Microsoft\Windows\WindowsUpdate'
# What was there before the first round: it outlives a round that breaks off.
$IngotUpdateBefore = Join-Path -Path $IngotFolder -ChildPath 'windows-updates-before.json'

# 0x8024402C of a signed code.
function ConvertTo-UpdateCode {
    param([Parameter(Mandatory = $true)][int]$Code)
    return '0x{0:X8}' -f $Code
}

# "KB5012345": the API's own list leaves the letters out. An update without an article is told by its id.
function Get-UpdateKb {
    param([Parameter(Mandatory = $true)][object]$Update)
    if ($Update.KBArticleIDs.Count -gt 0) { return 'KB' + $Update.KBArticleIDs.Item(0) }
    return [string]$Update.Identity.UpdateID
}

# Everything that Windows Update has tried to install in this Windows, the oldest first.
function Get-UpdateHistory {
    param([Parameter(Mandatory = $true)][object]$Searcher)
    $count = $Searcher.GetTotalHistoryCount()
    # An empty range is refused.
    if ($count -eq 0) { return }
    $entries = $Searcher.QueryHistory(0, $count)
    for ($index = $entries.Count - 1; $index -ge 0; $index--) {
        $entry = $entries.Item($index)
        # 1: installation; 2 is the removal of one.
        if ([int]$entry.Operation -ne 1) { continue }
        $title = [string]$entry.Title
        $match = [regex]::Match($title, 'KB\d{6,8}')
        @{
            id         = '{0}.{1}' -f $entry.UpdateIdentity.UpdateID, $entry.UpdateIdentity.RevisionNumber
            kb         = if ($match.Success) { $match.Value } else { [string]$entry.UpdateIdentity.UpdateID }
            title      = $title
            resultCode = [int]$entry.ResultCode
            hresult    = ConvertTo-UpdateCode -Code $entry.HResult
        }
    }
}

# KBs that shall be there and are neither offered nor installed.
function Get-MissingUpdate {
    param([Parameter(Mandatory = $true)][object]$Parameter, [AllowEmptyCollection()][object[]]$Selected = @(), [AllowEmptyCollection()][object[]]$History = @())
    $include = @(Get-IngotProperty -InputObject $Parameter -Name 'include' -Default @() | ForEach-Object -Process { [string]$_ })
    if ($include.Count -eq 0) { return }
    $there = @($Selected | ForEach-Object -Process { Get-UpdateKb -Update $_ })
    $there += @($History | Where-Object -FilterScript { @(2, 3) -contains $_.resultCode } | ForEach-Object -Process { $_.kb })
    $there += @(Get-CimInstance -ClassName Win32_QuickFixEngineering | ForEach-Object -Process { [string]$_.HotFixID })
    $include | Where-Object -FilterScript { $there -notcontains $_ }
}

# One value of the policy; $null removes it.
function Set-UpdatePolicyValue {
    param([Parameter(Mandatory = $true)][string]$Key, [Parameter(Mandatory = $true)][string]$Name, [AllowNull()][object]$Value)
    if ($null -eq $Value) { Remove-ItemProperty -LiteralPath $Key -Name $Name -ErrorAction SilentlyContinue; return }
    if (-not (Test-Path -LiteralPath $Key)) { [void](New-Item -Path $Key -Force) }
    $type = if ($Value -is [string]) { 'String' } else { 'DWord' }
    [void](New-ItemProperty -LiteralPath $Key -Name $Name -PropertyType $type -Value $Value -Force)
}

# Windows must not install by itself what the build is about to; it may be told another server; its service must be able to run.
function Enable-UpdatePolicy {
    param([Parameter(Mandatory = $true)][string]$Source, [Parameter(Mandatory = $true)][AllowEmptyString()][string]$Server)
    $automatic = "$IngotUpdatePolicy\AU"
    $service = Get-Service -Name 'wuauserv'
    if (-not (Test-Path -LiteralPath $IngotUpdateBefore)) {
        $before = @{
            NoAutoUpdate   = Get-RegistryValue -Path $automatic -Name 'NoAutoUpdate'
            UseWUServer    = Get-RegistryValue -Path $automatic -Name 'UseWUServer'
            WUServer       = Get-RegistryValue -Path $IngotUpdatePolicy -Name 'WUServer'
            WUStatusServer = Get-RegistryValue -Path $IngotUpdatePolicy -Name 'WUStatusServer'
            startType      = $service.StartType.ToString()
        }
        Set-IngotFile -Path $IngotUpdateBefore -Text (ConvertTo-IngotJson -InputObject $before)
    }
    Set-UpdatePolicyValue -Key $automatic -Name 'NoAutoUpdate' -Value 1
    # Disabled, the search answers 0x80070422.
    if ($service.StartType.ToString() -eq 'Disabled') { Set-Service -Name 'wuauserv' -StartupType Manual }
    if ($Source -ne 'wsus') { return }
    if ([string](Get-RegistryValue -Path $IngotUpdatePolicy -Name 'WUServer') -eq $Server -and (Get-RegistryValue -Path $automatic -Name 'UseWUServer') -eq 1) { return }
    Set-UpdatePolicyValue -Key $IngotUpdatePolicy -Name 'WUServer' -Value $Server
    Set-UpdatePolicyValue -Key $IngotUpdatePolicy -Name 'WUStatusServer' -Value $Server
    Set-UpdatePolicyValue -Key $automatic -Name 'UseWUServer' -Value 1
    # It reads its policy when it starts.
    Stop-Service -Name 'wuauserv' -Force
}

# Puts back what Enable-UpdatePolicy found; with -Keep the server stays. Returns whether there was anything to put back.
function Restore-UpdatePolicy {
    param([bool]$Keep = $false)
    if (-not (Test-Path -LiteralPath $IngotUpdateBefore)) { return $false }
    $before = ConvertFrom-Json -InputObject ([System.IO.File]::ReadAllText($IngotUpdateBefore))
    $automatic = "$IngotUpdatePolicy\AU"
    Set-UpdatePolicyValue -Key $automatic -Name 'NoAutoUpdate' -Value $before.NoAutoUpdate
    if (-not $Keep) {
        Set-UpdatePolicyValue -Key $automatic -Name 'UseWUServer' -Value $before.UseWUServer
        Set-UpdatePolicyValue -Key $IngotUpdatePolicy -Name 'WUServer' -Value $before.WUServer
        Set-UpdatePolicyValue -Key $IngotUpdatePolicy -Name 'WUStatusServer' -Value $before.WUStatusServer
    }
    if ([string]$before.startType -eq 'Disabled') {
        Stop-Service -Name 'wuauserv' -Force
        Set-Service -Name 'wuauserv' -StartupType Disabled
    }
    Remove-Item -LiteralPath $IngotUpdateBefore -Force
    return $true
}

# Renews the definitions of Defender by its own program; false when that fails, too.
function Update-DefenderSignature {
    $program = Join-Path -Path $env:ProgramFiles -ChildPath 'Windows Defender\MpCmdRun.exe'
    if (-not (Test-Path -LiteralPath $program)) { return $false }
    Write-IngotProgress -Message 'Renewing the definitions of Defender by MpCmdRun'
    [void](Invoke-Native -FilePath $program -ArgumentList @('-RemoveDefinitions', '-DynamicSignatures') -AnyCode)
    return ((Invoke-Native -FilePath $program -ArgumentList @('-SignatureUpdate') -AnyCode).exitCode -eq 0)
}

# 0x80248007: what was found is not in the data store. A fresh one is made at the next start of the service.
function Reset-UpdateStore {
    $folder = Join-Path -Path $env:SystemRoot -ChildPath 'SoftwareDistribution'
    Write-IngotLog -Message 'Setting the data store of Windows Update aside'
    $old = $folder + '.old'
    try {
        Stop-Service -Name 'wuauserv', 'bits', 'dosvc' -Force -ErrorAction SilentlyContinue
        Remove-Item -LiteralPath $old -Recurse -Force -ErrorAction SilentlyContinue
        Move-Item -LiteralPath $folder -Destination $old
    }
    # Then the code of the failure is told all the same, and a restart gives the files free.
    catch { Write-IngotLog -Message ('It stays: {0}' -f $_.Exception.Message) }
}
