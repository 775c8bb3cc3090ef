# Makes sure that VMware Tools run and start by themselves; says their version.
[CmdletBinding()]
param([switch]$Test)

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
. (Join-Path -Path $PSScriptRoot -ChildPath 'common.ps1')
. (Join-Path -Path $PSScriptRoot -ChildPath 'lib-tools.ps1')

function Get-ToolsState {
    $service = Get-IngotService -Name 'VMTools'
    return @{ version = (Get-VmwareToolsVersion); status = $service.status; startType = $service.startType }
}

Invoke-IngotScript -Body {
    if ($null -eq (Get-Service -Name 'VMTools' -ErrorAction SilentlyContinue)) {
        Stop-Ingot -Code 'tools.missing' -Message 'Expected the service VMTools of VMware Tools, found none.'
    }
    $before = Get-ToolsState
    $changed = ($before.status -ne 'Running') -or ($before.startType -ne 'Automatic')
    $after = $before
    if ($changed -and -not $Test) {
        [void](Enable-IngotService -Name 'VMTools')
        $after = Get-ToolsState
    }
    New-IngotResult -Changed $changed -Before $before -After $after -Evidence @('VMware Tools {0}: {1}, {2}' -f $after.version, $after.status, $after.startType)
}
