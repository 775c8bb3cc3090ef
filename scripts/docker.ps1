# Installs Docker from its static archive, as a service. The provider module (DockerMsftProvider) is gone since 2023.
[CmdletBinding()]
param()

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
. (Join-Path -Path $PSScriptRoot -ChildPath 'common.ps1')
. (Join-Path -Path $PSScriptRoot -ChildPath 'lib-archive.ps1')

function Get-DockerVersion {
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][string]$Program)
    if (-not (Test-Path -LiteralPath $Program -PathType Leaf)) { return '' }
    # "Docker version 20.10.9, build 79ea9d3"
    $end = Invoke-Native -FilePath $Program -ArgumentList @('--version')
    if (($end.lines -join ' ') -match 'version\s+v?([0-9][^,\s]*)') { return [string]$Matches[1] }
    return ''
}

Invoke-IngotScript -Body {
    param($Parameter)
    $version = Get-IngotText -InputObject $Parameter -Name 'version'
    $sha256 = Get-IngotText -InputObject $Parameter -Name 'sha256'
    $url = [string](Get-IngotProperty -InputObject $Parameter -Name 'url' -Default "https://download.docker.com/win/static/stable/x86_64/docker-$version.zip")
    $path = [string](Get-IngotProperty -InputObject $Parameter -Name 'path' -Default '')
    $folder = Join-Path -Path $env:ProgramFiles -ChildPath 'Docker'
    $daemon = Join-Path -Path $folder -ChildPath 'dockerd.exe'

    # dockerd registers without the feature, but does not start.
    $state = (Get-WindowsFeature -Name 'Containers').InstallState.ToString()
    if ($state -ne 'Installed') { Stop-Ingot -Code 'docker.containers-feature' -Message "Expected the feature Containers to be installed, found $state. It needs a restart after its installation." }

    $changed = $false
    if ((Get-DockerVersion -Program $daemon) -ne $version) {
        $changed = $true
        Initialize-IngotFolder
        $work = Join-Path -Path $IngotFolder -ChildPath 'docker'
        Remove-Item -LiteralPath $work -Recurse -Force -ErrorAction SilentlyContinue
        Initialize-IngotFolder -Path $work
        $archive = Get-IngotArchive -Path $path -Url $url -Digest $sha256 -Destination (Join-Path -Path $work -ChildPath 'docker.zip')
        Write-IngotProgress -Message "Unpacking Docker $version"
        # Expand-Archive refuses every name that does not end in .zip.
        $zip = Join-Path -Path $work -ChildPath 'docker.zip'
        if ($archive -ne $zip) { Copy-Item -LiteralPath $archive -Destination $zip }
        Expand-Archive -LiteralPath $zip -DestinationPath $work -Force
        Stop-Service -Name 'docker' -Force -ErrorAction SilentlyContinue
        [void](New-Item -Path $folder -ItemType Directory -Force)
        foreach ($name in @('docker.exe', 'dockerd.exe')) {
            Copy-Item -LiteralPath (Join-Path -Path $work -ChildPath "docker\$name") -Destination (Join-Path -Path $folder -ChildPath $name) -Force
        }
        Remove-Item -LiteralPath $work -Recurse -Force
    }
    if ($null -eq (Get-Service -Name 'docker' -ErrorAction SilentlyContinue)) {
        $changed = $true
        [void](Invoke-Native -FilePath $daemon -ArgumentList @('--register-service', '--service-name', 'docker'))
    }
    # For docker.exe at the prompt; the service knows its own path.
    $machinePath = [Environment]::GetEnvironmentVariable('Path', 'Machine')
    if (@($machinePath -split ';') -notcontains $folder) {
        $changed = $true
        [Environment]::SetEnvironmentVariable('Path', $machinePath.TrimEnd(';') + ';' + $folder, 'Machine')
    }
    if ((Get-IngotService -Name 'docker').status -ne 'Running') { $changed = $true }
    $service = Enable-IngotService -Name 'docker'
    @{
        changed   = $changed
        version   = Get-DockerVersion -Program $daemon
        status    = $service.status
        startType = $service.startType
    }
}
