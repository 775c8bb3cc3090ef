# What Docker and containerd have in common: parameters, the Containers feature, a folder to unpack in, their services.
# Dot-sourced behind common.ps1 and lib-archive.ps1; it does nothing by itself.
[CmdletBinding()]
param()

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'

# The parameters of an archive, checked: {version, sha256, url, path, proxy}.
function Get-RuntimeParameter {
    param([Parameter(Mandatory = $true)][object]$InputObject)
    $wanted = @{
        version = (Get-IngotText -InputObject $InputObject -Name 'version')
        sha256  = (Get-IngotText -InputObject $InputObject -Name 'sha256')
        url     = [string](Get-IngotProperty -InputObject $InputObject -Name 'url' -Default '')
        path    = [string](Get-IngotProperty -InputObject $InputObject -Name 'path' -Default '')
        proxy   = [string](Get-IngotProperty -InputObject $InputObject -Name 'proxy' -Default '')
    }
    if ($wanted.sha256 -notmatch '^[0-9a-fA-F]{64}$') { Stop-Ingot -Code 'guest.parameters' -Message ('Expected sha256 to be 64 hexadecimal digits, found {0}.' -f $wanted.sha256) }
    if (($wanted.url -eq '') -eq ($wanted.path -eq '')) { Stop-Ingot -Code 'guest.parameters' -Message 'Expected either url or path, found both or neither.' }
    return $wanted
}

# The services register without the feature, but do not start.
function Assert-ContainersFeature {
    param([Parameter(Mandatory = $true)][string]$Code)
    $state = (Get-WindowsFeature -Name 'Containers').InstallState.ToString()
    if ($state -ne 'Installed') { Stop-Ingot -Code $Code -Message "Expected the feature Containers to be installed, found $state. It needs a restart after its installation." }
}

# The first group of the pattern in what a program prints; empty when the program is not there or fails.
function Get-ProgramAnswer {
    param([Parameter(Mandatory = $true)][string]$Program, [Parameter(Mandatory = $true)][string[]]$ArgumentList, [Parameter(Mandatory = $true)][string]$Pattern)
    if (-not (Test-Path -LiteralPath $Program -PathType Leaf)) { return '' }
    $end = Invoke-Native -FilePath $Program -ArgumentList $ArgumentList -AnyCode
    if ($end.exitCode -eq 0 -and ($end.lines -join ' ') -match $Pattern) { return [string]$Matches[1] }
    return ''
}

# An empty folder below ingot's own: nobody else can change an archive between its check and its use.
function Initialize-WorkFolder {
    param([Parameter(Mandatory = $true)][string]$Name)
    Initialize-IngotFolder
    $work = Join-Path -Path $IngotFolder -ChildPath $Name
    Remove-Item -LiteralPath $work -Recurse -Force -ErrorAction SilentlyContinue
    Initialize-IngotFolder -Path $work
    return $work
}

# Waits until a service that runs also answers; returns what it says. The services report Running before they listen.
function Wait-ServiceAnswer {
    param([Parameter(Mandatory = $true)][string]$Name, [Parameter(Mandatory = $true)][scriptblock]$Ask)
    $clock = [System.Diagnostics.Stopwatch]::StartNew()
    while ($true) {
        $answer = [string](& $Ask)
        if ($answer -ne '') { return $answer }
        if ($clock.Elapsed.TotalSeconds -gt 60) { Stop-Ingot -Code "$Name.no-answer" -Message "Expected the service $Name to answer within 60 s of its start, found that it does not." }
        Start-Sleep -Seconds 1
    }
}
