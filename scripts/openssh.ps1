# Makes sure that the administrators' keys, their access list, the service sshd and its firewall rule are right.
[CmdletBinding()]
param()

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
. (Join-Path -Path $PSScriptRoot -ChildPath 'common.ps1')
. (Join-Path -Path $PSScriptRoot -ChildPath 'lib-sshd.ps1')

# Owner, protection and entries of a security descriptor in a form that can be compared: Windows adds a group and flags
# of its own and sorts the entries.
function ConvertTo-IngotAclText {
    param([Parameter(Mandatory = $true)][string]$Sddl)
    if ($Sddl -notmatch '^O:(BA|SY)(?:G:[^:]*)?D:(P?)[A-Z]*((?:\([^)]*\))*)') { return 'other' }
    $protected = $Matches[2]
    $entries = @([regex]::Matches($Matches[3], '\([^)]*\)') | ForEach-Object -Process { $_.Value } | Sort-Object)
    return $protected + ($entries -join '')
}

# sshd wants its folders owned by Administrators or SYSTEM and writable by no one else. Since the fix of October 2024
# (9.5) it does not start otherwise, without a word in its log; updates have left both folders wrong.
function Repair-IngotSshFolder {
    $wanted = @{
        $IngotSshFolder                                        = 'O:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;AU)'
        (Join-Path -Path $IngotSshFolder -ChildPath 'logs') = 'O:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)'
    }
    $changed = $false
    foreach ($path in $wanted.Keys) {
        if (-not (Test-Path -LiteralPath $path -PathType Container)) { continue }
        if ((ConvertTo-IngotAclText -Sddl (Get-Acl -LiteralPath $path).Sddl) -eq (ConvertTo-IngotAclText -Sddl $wanted[$path])) { continue }
        $security = New-Object -TypeName System.Security.AccessControl.DirectorySecurity
        $security.SetSecurityDescriptorSddlForm($wanted[$path], 'Access, Owner')
        [System.IO.Directory]::SetAccessControl($path, $security)
        $changed = $true
    }
    return $changed
}

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
