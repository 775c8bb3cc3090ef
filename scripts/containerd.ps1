# Installs containerd from its release archive, as a service. What a cluster wants of it (CNI, its own settings) is the
# cluster's operator's to bring: OpenShift's replaces the whole of it.
[CmdletBinding()]
param([switch]$Test)

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
. (Join-Path -Path $PSScriptRoot -ChildPath 'common.ps1')
. (Join-Path -Path $PSScriptRoot -ChildPath 'lib-archive.ps1')
. (Join-Path -Path $PSScriptRoot -ChildPath 'lib-runtime.ps1')

$Folder = Join-Path -Path $env:ProgramFiles -ChildPath 'containerd'
$Program = Join-Path -Path $Folder -ChildPath 'bin\containerd.exe'
$Config = Join-Path -Path $Folder -ChildPath 'config.toml'

# "containerd github.com/containerd/containerd v1.7.20 8fc6bcff..."
function Get-ContainerdVersion {
    return Get-ProgramAnswer -Program $Program -ArgumentList @('--version') -Pattern '\sv?([0-9]+\.[0-9]+\.[0-9]\S*)'
}

# The version that the service tells; empty while it does not answer.
function Get-ServerVersion {
    return Get-ProgramAnswer -Program (Join-Path -Path $Folder -ChildPath 'bin\ctr.exe') -ArgumentList @('version') -Pattern 'Server:\s+Version:\s+v?([0-9]\S*)'
}

function Install-Containerd {
    param([Parameter(Mandatory = $true)][hashtable]$Wanted)
    $work = Initialize-WorkFolder -Name 'containerd'
    $archive = Get-IngotArchive -Path $Wanted.path -Url $Wanted.url -Digest $Wanted.sha256 -Destination (Join-Path -Path $work -ChildPath 'containerd.tar.gz') -Proxy $Wanted.proxy
    Write-IngotProgress -Message ('Unpacking containerd {0}' -f $Wanted.version)
    Stop-Service -Name 'containerd' -Force -ErrorAction SilentlyContinue
    [void](New-Item -Path $Folder -ItemType Directory -Force)
    # Windows brings bsdtar since 1803; the archive holds the folder bin.
    $tar = Join-Path -Path $env:SystemRoot -ChildPath 'System32\tar.exe'
    [void](Invoke-Native -FilePath $tar -ArgumentList @('-xzf', $archive, '-C', $Folder))
    Remove-Item -LiteralPath $work -Recurse -Force
}

function Get-ContainerdState {
    $service = Get-IngotService -Name 'containerd'
    return @{
        version   = (Get-ContainerdVersion)
        status    = $service.status
        startType = $service.startType
        answers   = $(if ($service.status -eq 'Running') { Get-ServerVersion } else { '' })
    }
}

Invoke-IngotScript -Body {
    param($Parameter)
    $wanted = Get-RuntimeParameter -InputObject $Parameter
    $before = Get-ContainerdState
    $todo = @()
    if ($before.version -ne $wanted.version) { $todo += 'version' }
    if (-not (Test-Path -LiteralPath $Config)) { $todo += 'config.toml' }
    if ($before.status -eq 'Missing') { $todo += 'service' }
    if ($before.status -ne 'Running' -or $before.startType -ne 'Automatic') { $todo += 'start' }
    if ($todo.Count -eq 0 -or $Test) { return New-IngotResult -Changed ($todo.Count -gt 0) -Before $before -After $before -Evidence $todo }

    Assert-ContainersFeature -Code 'containerd.containers-feature'
    if ($todo -contains 'version') { Install-Containerd -Wanted $wanted }
    if ($todo -contains 'config.toml') {
        # Standard output alone: a warning on standard error would end up in the file.
        Set-IngotFile -Path $Config -Text (Invoke-Native -FilePath $Program -ArgumentList @('config', 'default')).output
    }
    if ($todo -contains 'service') { [void](Invoke-Native -FilePath $Program -ArgumentList @('--register-service', '--config', $Config)) }
    [void](Enable-IngotService -Name 'containerd')
    [void](Wait-ServiceAnswer -Name 'containerd' -Ask { Get-ServerVersion })
    New-IngotResult -Changed $true -Before $before -After (Get-ContainerdState) -Evidence $todo
}
