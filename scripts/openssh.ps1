# Makes sure that the administrators' keys, their access list, the service sshd and its firewall rule are right.
[CmdletBinding()]
param()

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
. (Join-Path -Path $PSScriptRoot -ChildPath 'common.ps1')

Invoke-IngotScript -Body {
    param($Parameter)
    $keys = @(Get-IngotProperty -InputObject $Parameter -Name 'authorizedKeys' -Default @() | ForEach-Object -Process { ([string]$_).Trim() })
    if ($keys.Count -eq 0) { Stop-Ingot -Code 'guest.parameters' -Message 'Expected at least one key in authorizedKeys, found none.' }
    $changed = $false
    # Each is a call of its own: -or would leave the second one out.
    if (Repair-IngotSshFolder) { $changed = $true }
    if (Set-IngotAuthorizedKey -Key $keys) { $changed = $true }
    if (Set-IngotSshFirewall -Port (Get-IngotSshPort)) { $changed = $true }
    $before = Get-IngotService -Name 'sshd'
    # The Win32-OpenSSH ZIP registers sshd as Manual, and 2025 brings it stopped.
    $service = Enable-IngotService -Name 'sshd'
    if ($before.startType -ne $service.startType) { $changed = $true }
    @{
        changed         = $changed
        keys            = @(Get-IngotLine -Path $IngotKeyFile | Where-Object -FilterScript { $_ -ne '' })
        acl             = [string](Get-Acl -LiteralPath $IngotKeyFile).Sddl
        status          = $service.status
        startType       = $service.startType
        firewallProfile = (Get-NetFirewallRule -Name 'OpenSSH-Server-In-TCP').Profile.ToString()
    }
}
