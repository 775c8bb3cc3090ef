# OpenSSH Server: the keys of the administrators with their access list, the port, the firewall rule.
# Dot-sourced behind common.ps1; it does nothing by itself.
[CmdletBinding()]
param()

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'

$IngotSshFolder = Join-Path -Path $env:ProgramData -ChildPath 'ssh'
$IngotKeyFile = Join-Path -Path $IngotSshFolder -ChildPath 'administrators_authorized_keys'

# Whether administrators_authorized_keys holds exactly these lines.
function Test-IngotAuthorizedKey {
    param([Parameter(Mandatory = $true)][string[]]$Key)
    if (-not (Test-Path -LiteralPath $IngotKeyFile)) { return $false }
    return [System.IO.File]::ReadAllText($IngotKeyFile, [System.Text.Encoding]::ASCII) -ceq (($Key -join "`r`n") + "`r`n")
}

# Writes administrators_authorized_keys with its exact access list; true when anything was changed (Test: would be).
# OpenSSH up to 8.1 (2019, 20H2) refuses the file if any other entry is on it. SIDs, since names are localised: the same
# as icacls.exe FILE /inheritance:r /grant "*S-1-5-32-544:F" /grant "*S-1-5-18:F", but in one step and with no entry kept.
function Set-IngotAuthorizedKey {
    param([Parameter(Mandatory = $true)][string[]]$Key, [switch]$Test)
    if (-not (Test-Path -LiteralPath $IngotSshFolder -PathType Container)) {
        # A folder made here would have a looser list than sshd wants; newer ones then end with exit code 255.
        Stop-Ingot -Code 'openssh.not-started' -Message "Expected the folder $IngotSshFolder, which sshd makes at its first start, found none."
    }
    $text = (($Key -join "`r`n") + "`r`n")
    if ($text -match '[^\x09\x0A\x0D\x20-\x7E]') { Stop-Ingot -Code 'openssh.key' -Message 'Expected authorized keys in ASCII, found other characters.' }
    $right = Test-IngotAuthorizedKey -Key $Key
    $strict = (Test-Path -LiteralPath $IngotKeyFile) -and (Test-IngotKeyAcl)
    if ($Test) { return -not ($right -and $strict) }
    # ASCII has no byte order mark: with one, sshd does not find the first key.
    if (-not $right) { [System.IO.File]::WriteAllText($IngotKeyFile, $text, [System.Text.Encoding]::ASCII) }
    if (-not (Test-IngotKeyAcl)) {
        $security = New-Object -TypeName System.Security.AccessControl.FileSecurity
        $security.SetSecurityDescriptorSddlForm('O:BAD:P(A;;FA;;;BA)(A;;FA;;;SY)', 'Access, Owner')
        [System.IO.File]::SetAccessControl($IngotKeyFile, $security)
        if (-not (Test-IngotKeyAcl)) {
            Stop-Ingot -Code 'openssh.acl' -Message ('Expected administrators_authorized_keys to be open to Administrators and SYSTEM only, found {0}.' -f (Get-Acl -LiteralPath $IngotKeyFile).Sddl)
        }
    }
    return -not ($right -and $strict)
}

# Whether the key file's list is protected and holds full control for Administrators and SYSTEM, and nothing else.
function Test-IngotKeyAcl {
    $acl = Get-Acl -LiteralPath $IngotKeyFile
    if (-not $acl.AreAccessRulesProtected) { return $false }
    $rules = @($acl.GetAccessRules($true, $true, [System.Security.Principal.SecurityIdentifier]))
    $found = @($rules | ForEach-Object -Process { '{0} {1} {2}' -f $_.AccessControlType, $_.FileSystemRights, $_.IdentityReference.Value } | Sort-Object)
    $exact = @('Allow FullControl S-1-5-18', 'Allow FullControl S-1-5-32-544')
    $owner = $acl.GetOwner([System.Security.Principal.SecurityIdentifier]).Value
    return (($found -join ';') -eq ($exact -join ';')) -and (@('S-1-5-32-544', 'S-1-5-18') -contains $owner)
}

# Opens sshd's port on every network profile; true when anything was changed (Test: would be). The inbox rule of 2025 and
# the MSI's hold for some profiles only, and the category of a network does not survive into clones; the ZIP brings no rule.
function Set-IngotSshFirewall {
    param([Parameter(Mandatory = $true)][int]$Port, [switch]$Test)
    $rule = Get-IngotSshRule
    if ($rule.profile -eq 'Any' -and $rule.enabled -and $rule.action -eq 'Allow' -and $rule.port -eq [string]$Port) { return $false }
    if ($Test) { return $true }
    if ($rule.profile -ne '') { Set-NetFirewallRule -Name 'OpenSSH-Server-In-TCP' -Enabled True -Action Allow -LocalPort $Port -Profile Any }
    else { [void](New-NetFirewallRule -Name 'OpenSSH-Server-In-TCP' -DisplayName 'OpenSSH SSH Server (sshd)' -Enabled True -Direction Inbound -Protocol TCP -Action Allow -LocalPort $Port -Profile Any) }
    return $true
}

# The rule of sshd; without one all is empty.
function Get-IngotSshRule {
    $rule = Get-NetFirewallRule -Name 'OpenSSH-Server-In-TCP' -ErrorAction SilentlyContinue
    if ($null -eq $rule) { return @{ profile = ''; enabled = $false; action = ''; port = '' } }
    $filter = $rule | Get-NetFirewallPortFilter
    return @{ profile = $rule.Profile.ToString(); enabled = ($rule.Enabled.ToString() -eq 'True'); action = $rule.Action.ToString(); port = (@($filter.LocalPort) -join ',') }
}

# The public host keys, each as "type base64". DSA is left out: nobody may use it.
function Get-IngotHostKey {
    foreach ($file in @(Get-ChildItem -Path (Join-Path -Path $IngotSshFolder -ChildPath 'ssh_host_*_key.pub') -ErrorAction SilentlyContinue)) {
        $words = [System.IO.File]::ReadAllText($file.FullName).Trim() -split '\s+'
        if ($words.Count -ge 2 -and $words[0] -ne 'ssh-dss') { '{0} {1}' -f $words[0], $words[1] }
    }
}

# sshd.exe as the service starts it: that of Windows, or of the ZIP.
function Get-IngotSshdProgram {
    $service = Get-CimInstance -ClassName Win32_Service -Filter "Name = 'sshd'"
    $path = if ($null -ne $service) { [string]$service.PathName } else { '' }
    if ($path -match '^"([^"]+)"' -or $path -match '^(.+?\.exe)') { return [string]$Matches[1] }
    Stop-Ingot -Code 'openssh.not-installed' -Message 'Expected the service sshd, found none.'
}

# The port of sshd_config: the first global Port line counts.
function Get-IngotSshPort {
    foreach ($line in @(Get-IngotLine -Path (Join-Path -Path $IngotSshFolder -ChildPath 'sshd_config'))) {
        if ($line -match '^\s*Match\s') { break }
        if ($line -match '^\s*Port[\s=]+(\d+)') { return [int]$Matches[1] }
    }
    return 22
}
