# Installs containerd from its release archive, as a service.
[CmdletBinding()]
param()

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
. (Join-Path -Path $PSScriptRoot -ChildPath 'common.ps1')
. (Join-Path -Path $PSScriptRoot -ChildPath 'lib-archive.ps1')

function Get-ContainerdVersion {
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][string]$Program)
    if (-not (Test-Path -LiteralPath $Program -PathType Leaf)) { return '' }
    # "containerd github.com/containerd/containerd v1.7.20 8fc6bcff..."
    $end = Invoke-Native -FilePath $Program -ArgumentList @('--version')
    if (($end.lines -join ' ') -match '\sv?([0-9]+\.[0-9]+\.[0-9]\S*)') { return [string]$Matches[1] }
    return ''
}

Invoke-IngotScript -Body {
    param($Parameter)
    $version = Get-IngotText -InputObject $Parameter -Name 'version'
    $sha256 = Get-IngotText -InputObject $Parameter -Name 'sha256'
    $url = [string](Get-IngotProperty -InputObject $Parameter -Name 'url' -Default "https://github.com/containerd/containerd/releases/download/v$version/containerd-$version-windows-amd64.tar.gz")
    $path = [string](Get-IngotProperty -InputObject $Parameter -Name 'path' -Default '')
    $folder = Join-Path -Path $env:ProgramFiles -ChildPath 'containerd'
    $program = Join-Path -Path $folder -ChildPath 'bin\containerd.exe'
    $config = Join-Path -Path $folder -ChildPath 'config.toml'

    $state = (Get-WindowsFeature -Name 'Containers').InstallState.ToString()
    if ($state -ne 'Installed') { Stop-Ingot -Code 'containerd.containers-feature' -Message "Expected the feature Containers to be installed, found $state. It needs a restart after its installation." }

    $changed = $false
    if ((Get-ContainerdVersion -Program $program) -ne $version) {
        $changed = $true
        Initialize-IngotFolder
        $work = Join-Path -Path $IngotFolder -ChildPath 'containerd'
        Remove-Item -LiteralPath $work -Recurse -Force -ErrorAction SilentlyContinue
        Initialize-IngotFolder -Path $work
        $archive = Get-IngotArchive -Path $path -Url $url -Digest $sha256 -Destination (Join-Path -Path $work -ChildPath 'containerd.tar.gz')
        Write-IngotProgress -Message "Unpacking containerd $version"
        Stop-Service -Name 'containerd' -Force -ErrorAction SilentlyContinue
        [void](New-Item -Path $folder -ItemType Directory -Force)
        # Windows brings bsdtar since 1803; the archive holds the folder bin.
        $tar = Join-Path -Path $env:SystemRoot -ChildPath 'System32\tar.exe'
        [void](Invoke-Native -FilePath $tar -ArgumentList @('-xzf', $archive, '-C', $folder))
        Remove-Item -LiteralPath $work -Recurse -Force
    }
    if (-not (Test-Path -LiteralPath $config)) {
        $changed = $true
        $default = Invoke-Native -FilePath $program -ArgumentList @('config', 'default')
        # Standard output alone: a warning on standard error would end up in the file.
        Set-IngotFile -Path $config -Text $default.output
    }
    if ($null -eq (Get-Service -Name 'containerd' -ErrorAction SilentlyContinue)) {
        $changed = $true
        [void](Invoke-Native -FilePath $program -ArgumentList @('--register-service', '--config', $config))
    }
    if ((Get-IngotService -Name 'containerd').status -ne 'Running') { $changed = $true }
    $service = Enable-IngotService -Name 'containerd'
    @{
        changed   = $changed
        version   = Get-ContainerdVersion -Program $program
        status    = $service.status
        startType = $service.startType
    }
}
