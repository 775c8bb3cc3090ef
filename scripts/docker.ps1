# Installs Docker from its static archive, as a service. The provider module (DockerMsftProvider) is gone since 2023.
[CmdletBinding()]
param([switch]$Test)

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
. (Join-Path -Path $PSScriptRoot -ChildPath 'common.ps1')
. (Join-Path -Path $PSScriptRoot -ChildPath 'lib-archive.ps1')
. (Join-Path -Path $PSScriptRoot -ChildPath 'lib-runtime.ps1')

$Folder = Join-Path -Path $env:ProgramFiles -ChildPath 'Docker'
$Daemon = Join-Path -Path $Folder -ChildPath 'dockerd.exe'
$DaemonJson = Join-Path -Path $env:ProgramData -ChildPath 'docker\config\daemon.json'
# --validate came with this version.
$FirstWithValidate = 23

# "Docker version 20.10.9, build 79ea9d3"
function Get-DockerVersion {
    return Get-ProgramAnswer -Program $Daemon -ArgumentList @('--version') -Pattern 'version\s+v?([0-9][^,\s]*)'
}

# The version that the service tells; empty while it does not answer.
function Get-ServerVersion {
    return Get-ProgramAnswer -Program (Join-Path -Path $Folder -ChildPath 'docker.exe') -ArgumentList @('version', '--format', '{{.Server.Version}}') -Pattern '^\s*v?([0-9]\S*)'
}

function Install-Docker {
    param([Parameter(Mandatory = $true)][hashtable]$Wanted)
    $work = Initialize-WorkFolder -Name 'docker'
    $zip = Join-Path -Path $work -ChildPath 'docker.zip'
    $archive = Get-IngotArchive -Path $Wanted.path -Url $Wanted.url -Digest $Wanted.sha256 -Destination $zip -Proxy $Wanted.proxy
    Write-IngotProgress -Message ('Unpacking Docker {0}' -f $Wanted.version)
    # Expand-Archive refuses every name that does not end in .zip.
    if ($archive -ne $zip) { Copy-Item -LiteralPath $archive -Destination $zip }
    Expand-Archive -LiteralPath $zip -DestinationPath $work -Force
    Stop-Service -Name 'docker' -Force -ErrorAction SilentlyContinue
    [void](New-Item -Path $Folder -ItemType Directory -Force)
    foreach ($name in @('docker.exe', 'dockerd.exe')) {
        Copy-Item -LiteralPath (Join-Path -Path $work -ChildPath "docker\$name") -Destination (Join-Path -Path $Folder -ChildPath $name) -Force
    }
    Remove-Item -LiteralPath $work -Recurse -Force
}

# Puts the merged file into place once dockerd itself has read it, where it can.
function Set-DaemonJson {
    param([Parameter(Mandatory = $true)][string]$Candidate)
    if ([int]((Get-DockerVersion) -split '\.')[0] -ge $FirstWithValidate) {
        $end = Invoke-Native -FilePath $Daemon -ArgumentList @('--validate', '--config-file', $Candidate) -AnyCode
        if ($end.exitCode -ne 0) { Stop-Ingot -Code 'docker.daemon-json' -Message ('Expected dockerd --validate to accept the new daemon.json, found exit code {0}: {1}' -f $end.exitCode, (@($end.lines | Select-Object -Last 5) -join ' | ')) }
    }
    $parent = Split-Path -Path $DaemonJson -Parent
    # With the list that dockerd itself gives to its root.
    if (-not (Test-Path -LiteralPath $parent)) {
        Initialize-IngotFolder -Path (Split-Path -Path $parent -Parent)
        [void](New-Item -Path $parent -ItemType Directory -Force)
    }
    if (Test-Path -LiteralPath $DaemonJson) {
        [System.IO.File]::Replace($Candidate, $DaemonJson, "$DaemonJson.ingot-old")
        Remove-Item -LiteralPath "$DaemonJson.ingot-old" -Force -ErrorAction SilentlyContinue
    }
    else { [System.IO.File]::Move($Candidate, $DaemonJson) }
    # When it came here: the service is started again if it is older than its file.
    [System.IO.File]::SetLastWriteTimeUtc($DaemonJson, [DateTime]::UtcNow)
}

# Whether the service was started before its file was changed: also when an earlier run was cut off in between.
function Test-DockerOutdated {
    if (-not (Test-Path -LiteralPath $DaemonJson)) { return $false }
    $service = Get-CimInstance -ClassName Win32_Service -Filter "Name = 'docker'"
    if ($null -eq $service -or $service.ProcessId -eq 0) { return $false }
    $process = Get-Process -Id $service.ProcessId -ErrorAction SilentlyContinue
    return ($null -ne $process) -and ($process.StartTime.ToUniversalTime() -lt [System.IO.File]::GetLastWriteTimeUtc($DaemonJson))
}

# Whether docker.exe is found at the prompt; the service knows its own path.
function Test-DockerPath {
    return @([Environment]::GetEnvironmentVariable('Path', 'Machine') -split ';') -contains $Folder
}

function Get-DockerState {
    $service = Get-IngotService -Name 'docker'
    return @{
        version    = (Get-DockerVersion)
        status     = $service.status
        startType  = $service.startType
        answers    = $(if ($service.status -eq 'Running') { Get-ServerVersion } else { '' })
        daemonJson = $(if (Test-Path -LiteralPath $DaemonJson) { [Convert]::ToBase64String([System.IO.File]::ReadAllBytes($DaemonJson)) } else { '' })
    }
}

Invoke-IngotScript -Body {
    param($Parameter)
    $wanted = Get-RuntimeParameter -InputObject $Parameter
    $candidate = [string](Get-IngotProperty -InputObject $Parameter -Name 'daemonJson' -Default '')
    $before = Get-DockerState
    $todo = @()
    if ($before.version -ne $wanted.version) { $todo += 'version' }
    if ($before.status -eq 'Missing') { $todo += 'service' }
    if (-not (Test-DockerPath)) { $todo += 'path' }
    if ($candidate -ne '') { $todo += 'daemon.json' }
    if ($before.status -ne 'Running' -or $before.startType -ne 'Automatic' -or (Test-DockerOutdated)) { $todo += 'start' }
    if ($todo.Count -eq 0 -or $Test) { return New-IngotResult -Changed ($todo.Count -gt 0) -Before $before -After $before -Evidence $todo }

    Assert-ContainersFeature -Code 'docker.containers-feature'
    if ($todo -contains 'version') { Install-Docker -Wanted $wanted }
    if ($todo -contains 'service') { [void](Invoke-Native -FilePath $Daemon -ArgumentList @('--register-service', '--service-name', 'docker')) }
    if ($todo -contains 'path') {
        $machinePath = [Environment]::GetEnvironmentVariable('Path', 'Machine')
        [Environment]::SetEnvironmentVariable('Path', $machinePath.TrimEnd(';') + ';' + $Folder, 'Machine')
    }
    if ($candidate -ne '') { Set-DaemonJson -Candidate $candidate }
    if (Test-DockerOutdated) { Stop-Service -Name 'docker' -Force }
    [void](Enable-IngotService -Name 'docker')
    [void](Wait-ServiceAnswer -Name 'docker' -Ask { Get-ServerVersion })
    New-IngotResult -Changed $true -Before $before -After (Get-DockerState) -Evidence $todo
}
