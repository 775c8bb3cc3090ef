# Takes write access to tools.conf of VMware Tools from all but Administrators and SYSTEM, and reads the file back: its
# bytes, its access list, and the entry as VMware Tools' own program reads it. The text is written over SFTP.
[CmdletBinding()]
param([switch]$Test)

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
. (Join-Path -Path $PSScriptRoot -ChildPath 'common.ps1')
. (Join-Path -Path $PSScriptRoot -ChildPath 'lib-tools.ps1')

$Conf = Join-Path -Path $env:ProgramData -ChildPath 'VMware\VMware Tools\tools.conf'
# Data, append, attributes of both kinds, delete, access list, owner; generic write and generic all.
$WriteRights = 0x500D0116
# TrustedInstaller may do all with what Windows itself brings.
$TrustedSid = @('S-1-5-32-544', 'S-1-5-18', 'S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464')

# The SIDs that may write to the file and have no business there.
function Get-ForeignWriter {
    $acl = Get-Acl -LiteralPath $Conf
    $sids = @($acl.GetOwner([System.Security.Principal.SecurityIdentifier]).Value)
    foreach ($rule in $acl.GetAccessRules($true, $true, [System.Security.Principal.SecurityIdentifier])) {
        $writes = ([int64]$rule.FileSystemRights -band $WriteRights) -ne 0
        if ($writes -and $rule.AccessControlType -eq 'Allow') { $sids += $rule.IdentityReference.Value }
    }
    return @($sids | Where-Object -FilterScript { $TrustedSid -notcontains $_ } | Sort-Object -Unique)
}

# What VMware Tools make of the file: VMwareToolboxCmd loads it as their service does. Empty where it cannot be asked.
function Get-ToolsReading {
    $program = Join-Path -Path (Split-Path -Path (Get-VmwareToolsProgram) -Parent) -ChildPath 'VMwareToolboxCmd.exe'
    if (-not (Test-Path -LiteralPath $program -PathType Leaf)) { return '' }
    $end = Invoke-Native -FilePath $program -ArgumentList @('config', 'get', 'guestinfo', 'exclude-nics') -AnyCode
    if ($end.exitCode -ne 0) { return '' }
    return ($end.lines -join ' ').Trim()
}

function Get-ConfState {
    # VMware Tools look at the file every 5 seconds, so what lies here is what they use: no restart of the service.
    if (-not (Test-Path -LiteralPath $Conf -PathType Leaf)) { return @{ path = $Conf; exists = $false; acl = ''; content = ''; reading = '' } }
    return @{
        path    = $Conf
        exists  = $true
        acl     = [string](Get-Acl -LiteralPath $Conf).Sddl
        content = [Convert]::ToBase64String([System.IO.File]::ReadAllBytes($Conf))
        reading = (Get-ToolsReading)
    }
}

Invoke-IngotScript -Body {
    $before = Get-ConfState
    $foreign = @()
    if ($before.exists) { $foreign = @(Get-ForeignWriter) }
    $changed = $foreign.Count -gt 0
    $after = $before
    if ($changed -and -not $Test) {
        $security = New-Object -TypeName System.Security.AccessControl.FileSecurity
        $security.SetSecurityDescriptorSddlForm('O:BAD:P(A;;FA;;;BA)(A;;FA;;;SY)(A;;0x1200a9;;;BU)', 'Access, Owner')
        [System.IO.File]::SetAccessControl($Conf, $security)
        $after = Get-ConfState
    }
    New-IngotResult -Changed $changed -Before $before -After $after -Evidence @($foreign | ForEach-Object -Process { "may write: $_" })
}
