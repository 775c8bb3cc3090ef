# Says what Windows is like right now: boot time, pending restart, image state. Changes nothing.
[CmdletBinding()]
param()

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
. (Join-Path -Path $PSScriptRoot -ChildPath 'common.ps1')
. (Join-Path -Path $PSScriptRoot -ChildPath 'lib-state.ps1')

Invoke-IngotScript -Body {
    $system = Get-CimInstance -ClassName Win32_OperatingSystem
    @{
        bootTime      = Get-IngotBootTime
        uptimeSeconds = [int64][Math]::Max(0, ($system.LocalDateTime - $system.LastBootUpTime).TotalSeconds)
        computerName  = [string]$env:COMPUTERNAME
        osBuild       = Get-IngotOsBuild
        pendingReboot = @(Get-PendingReboot)
        notes         = @(Get-RestartNote)
        imageState    = Get-ImageState
        privateFolder = Test-IngotFolderPrivate
    }
}
