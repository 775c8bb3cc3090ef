# Makes sure that VMware Tools run and start by themselves; says their version.
[CmdletBinding()]
param()

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
. (Join-Path -Path $PSScriptRoot -ChildPath 'common.ps1')
. (Join-Path -Path $PSScriptRoot -ChildPath 'lib-tools.ps1')

Invoke-IngotScript -Body {
    if ($null -eq (Get-Service -Name 'VMTools' -ErrorAction SilentlyContinue)) {
        Stop-Ingot -Code 'tools.missing' -Message 'Expected the service VMTools of VMware Tools, found none.'
    }
    $service = Enable-IngotService -Name 'VMTools'
    @{
        version   = Get-VmwareToolsVersion
        status    = $service.status
        startType = $service.startType
    }
}
