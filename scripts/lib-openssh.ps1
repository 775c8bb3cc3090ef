# Ways to OpenSSH Server: the capability from Windows Update, the same from the answer disc, Win32-OpenSSH's archive.
# Dot-sourced behind common.ps1 and lib-archive.ps1; it does nothing by itself.
[CmdletBinding()]
param()

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'

$OpenSshCapability = 'OpenSSH.Server~~~~0.0.1.0'
# What another try may mend: names, connections, time-outs. VMware Tools have just brought the network card.
$PassingCodes = @('0x80072ee2', '0x80072ee7', '0x80072efd', '0x80072efe', '0x8024402c', '0x80244022', '0x8024401c', '0x80240438', '0x80248007')

# The HRESULT of a failure as 0x800f0954, or the code that one of ingot's own has.
function Get-FailureCode {
    param([Parameter(Mandatory = $true)][System.Management.Automation.ErrorRecord]$ErrorRecord)
    $exception = $ErrorRecord.Exception.GetBaseException()
    if ($exception.Data.Contains('ingot.code')) { return [string]$exception.Data['ingot.code'] }
    $code = '0x{0:x8}' -f $exception.HResult
    # 0x8013....: an exception of .NET itself, which has the code of DISM in its words at best.
    if ($code -like '0x8013*' -and $exception.Message -match '0x[0-9a-fA-F]{8}') { return [string]$Matches[0].ToLowerInvariant() }
    return $code
}

function Install-FromUpdate {
    # While names cannot be resolved or connections are cut; all else does not pass by waiting.
    $clock = [System.Diagnostics.Stopwatch]::StartNew()
    while ($true) {
        try {
            [void](Add-WindowsCapability -Online -Name $OpenSshCapability)
            return
        }
        catch {
            if ($clock.Elapsed.TotalMinutes -gt 5 -or $PassingCodes -notcontains (Get-FailureCode -ErrorRecord $_)) { throw }
        }
        Start-Sleep -Seconds 15
    }
}

# From the package of the Features on Demand; -LimitAccess: Windows Update is not asked.
function Install-FromFolder {
    param([AllowNull()][object]$Source, [Parameter(Mandatory = $true)][string]$DiscRoot)
    if ($null -eq $Source) { Stop-Ingot -Code 'guest.parameters' -Message 'Expected featuresOnDemand in bootstrap.json, found none.' }
    $folder = Join-Path -Path $DiscRoot -ChildPath (Get-IngotText -InputObject $Source -Name 'folder')
    $packages = @(Get-ChildItem -Path (Join-Path -Path $folder -ChildPath 'OpenSSH-Server-Package*.cab') -ErrorAction SilentlyContinue)
    if ($packages.Count -eq 0) { Stop-Ingot -Code 'openssh.no-disc' -Message "Expected OpenSSH-Server-Package*.cab in $folder, found none." }
    [void](Add-WindowsCapability -Online -Name $OpenSshCapability -Source $folder -LimitAccess)
}

# Win32-OpenSSH: the services come as Manual and without a firewall rule, both is mended later.
function Install-FromArchive {
    param([AllowNull()][object]$Source, [Parameter(Mandatory = $true)][string]$DiscRoot)
    if ($null -eq $Source) { Stop-Ingot -Code 'guest.parameters' -Message 'Expected archive in bootstrap.json, found none.' }
    $archive = Join-Path -Path $DiscRoot -ChildPath (Get-IngotText -InputObject $Source -Name 'name')
    if (-not (Test-Path -LiteralPath $archive -PathType Leaf)) { Stop-Ingot -Code 'openssh.no-disc' -Message "Expected the archive $archive, found none." }
    $work = Join-Path -Path $IngotFolder -ChildPath 'openssh'
    Remove-Item -LiteralPath $work -Recurse -Force -ErrorAction SilentlyContinue
    Initialize-IngotFolder -Path $work
    # Checked where it is unpacked from: in a folder that nobody else can write to.
    $copy = Join-Path -Path $work -ChildPath 'openssh.zip'
    Copy-Item -LiteralPath $archive -Destination $copy
    Assert-IngotDigest -Path $copy -Digest (Get-IngotText -InputObject $Source -Name 'sha256') -Origin $archive
    Expand-Archive -LiteralPath $copy -DestinationPath $work -Force
    $installer = @(Get-ChildItem -LiteralPath $work -Recurse -Filter 'install-sshd.ps1')
    if ($installer.Count -eq 0) { Stop-Ingot -Code 'openssh.archive' -Message "Expected install-sshd.ps1 in $archive, found none." }
    $target = Join-Path -Path $env:ProgramFiles -ChildPath 'OpenSSH'
    [void](New-Item -Path $target -ItemType Directory -Force)
    Get-ChildItem -LiteralPath $installer[0].DirectoryName | Copy-Item -Destination $target -Recurse -Force
    Remove-Item -LiteralPath $work -Recurse -Force
    $program = Join-Path -Path $env:SystemRoot -ChildPath 'System32\WindowsPowerShell\v1.0\powershell.exe'
    [void](Invoke-Native -FilePath $program -ArgumentList @('-NoProfile', '-NonInteractive', '-ExecutionPolicy', 'Bypass', '-File', (Join-Path -Path $target -ChildPath 'install-sshd.ps1')))
}

# Installs OpenSSH Server from the first source that works: {source, skipped: [{source, code, message}]}.
function Install-IngotOpenSsh {
    param([Parameter(Mandatory = $true)][object]$Parameter, [Parameter(Mandatory = $true)][string]$DiscRoot)
    # Built into 2025, and there already when this runs again.
    if ($null -ne (Get-Service -Name 'sshd' -ErrorAction SilentlyContinue)) { return @{ source = 'present'; skipped = @() } }
    $skipped = @()
    foreach ($source in @(Get-IngotProperty -InputObject $Parameter -Name 'sources' -Default @('capability'))) {
        try {
            switch ([string]$source) {
                'capability' { Install-FromUpdate }
                'features-on-demand' { Install-FromFolder -Source (Get-IngotProperty -InputObject $Parameter -Name 'featuresOnDemand') -DiscRoot $DiscRoot }
                'archive' { Install-FromArchive -Source (Get-IngotProperty -InputObject $Parameter -Name 'archive') -DiscRoot $DiscRoot }
                default { Stop-Ingot -Code 'guest.parameters' -Message "Expected capability, features-on-demand or archive, found the source $source." }
            }
            # What counts is the service, not that nothing was thrown.
            if ($null -eq (Get-Service -Name 'sshd' -ErrorAction SilentlyContinue)) { Stop-Ingot -Code 'openssh.no-service' -Message 'Expected the service sshd after the installation, found none.' }
            return @{ source = [string]$source; skipped = $skipped }
        }
        catch {
            $message = [string]$_.Exception.Message
            $skipped += @{ source = [string]$source; code = (Get-FailureCode -ErrorRecord $_); message = $message.Substring(0, [Math]::Min(300, $message.Length)) }
            Write-BootstrapLog -Message ('OpenSSH Server: {0}' -f (Format-SkippedSource -Skipped $skipped[-1]))
        }
    }
    $script:SkippedSources = $skipped
    Stop-Ingot -Code 'openssh.sources' -Message ('Expected OpenSSH Server from one of {0}, found that none works.' -f (@($skipped | ForEach-Object -Process { $_.source }) -join ', '))
}

# A source that did not work, as the contract has it among the lines of evidence.
function Format-SkippedSource {
    param([Parameter(Mandatory = $true)][System.Collections.IDictionary]$Skipped)
    return '{0}: {1} {2}' -f $Skipped.source, $Skipped.code, $Skipped.message
}
