# What the Windows of a source is like once its clone has started: waits for the end of Setup, then tells all at once.
# Changes nothing, and judges nothing.
[CmdletBinding()]
param()

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
. (Join-Path -Path $PSScriptRoot -ChildPath 'common.ps1')
. (Join-Path -Path $PSScriptRoot -ChildPath 'lib-state.ps1')
. (Join-Path -Path $PSScriptRoot -ChildPath 'lib-setup.ps1')
. (Join-Path -Path $PSScriptRoot -ChildPath 'lib-sshd.ps1')
. (Join-Path -Path $PSScriptRoot -ChildPath 'lib-tools.ps1')

Invoke-IngotScript -Body {
    param($Parameter)
    $seconds = [int](Get-IngotProperty -InputObject $Parameter -Name 'seconds' -Default 600)
    $state = Wait-SetupReady -Service @('sshd', 'VMTools') -Seconds $seconds
    $windows = 'HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion'
    $tools = Get-IngotService -Name 'VMTools'
    $tools.version = [string](Get-VmwareToolsVersion)
    $facts = @{
        bootTime         = (Get-IngotBootTime)
        computerName     = [string]$env:COMPUTERNAME
        # The built-in administrator, whose name is in the language of the media.
        username         = [string](@(Get-LocalUser | Where-Object -FilterScript { $_.SID.Value -match '^S-1-5-21-.*-500$' })[0].Name)
        osBuild          = (Get-IngotOsBuild)
        edition          = [string](Get-RegistryValue -Path $windows -Name 'EditionID' -Default '')
        installationType = [string](Get-RegistryValue -Path $windows -Name 'InstallationType' -Default '')
        tools            = $tools
        sshd             = (Get-IngotService -Name 'sshd')
        hostKeys         = @(Get-IngotHostKey)
    }
    foreach ($name in $state.Keys) { $facts[$name] = $state[$name] }
    $facts
}
