# Makes sure that the administrators' keys, their access list, sshd_config, the service sshd and its firewall rule are right.
[CmdletBinding()]
param([switch]$Test)

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
. (Join-Path -Path $PSScriptRoot -ChildPath 'common.ps1')
. (Join-Path -Path $PSScriptRoot -ChildPath 'lib-sshd.ps1')

$Config = Join-Path -Path $IngotSshFolder -ChildPath 'sshd_config'
# Owned by Administrators or SYSTEM and writable by no one else. Since the fix of October 2024 (9.5) sshd does not start
# otherwise, without a word in its log; updates have left both folders wrong.
$Folders = @{
    $IngotSshFolder                                        = 'O:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;AU)'
    (Join-Path -Path $IngotSshFolder -ChildPath 'logs') = 'O:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)'
}

# Owner, protection and entries of a security descriptor in a form that can be compared: Windows adds a group and flags
# of its own and sorts the entries.
function ConvertTo-IngotAclText {
    param([Parameter(Mandatory = $true)][string]$Sddl)
    if ($Sddl -notmatch '^O:(BA|SY)(?:G:[^:]*)?D:(P?)[A-Z]*((?:\([^)]*\))*)') { return 'other' }
    $protected = $Matches[2]
    $entries = @([regex]::Matches($Matches[3], '\([^)]*\)') | ForEach-Object -Process { $_.Value } | Sort-Object)
    return $protected + ($entries -join '')
}

# The folders of sshd whose access list is another one.
function Get-WrongFolder {
    foreach ($path in $Folders.Keys) {
        if (-not (Test-Path -LiteralPath $path -PathType Container)) { continue }
        if ((ConvertTo-IngotAclText -Sddl (Get-Acl -LiteralPath $path).Sddl) -ne (ConvertTo-IngotAclText -Sddl $Folders[$path])) { $path }
    }
}

function Set-FolderAcl {
    param([Parameter(Mandatory = $true)][string]$Path)
    $security = New-Object -TypeName System.Security.AccessControl.DirectorySecurity
    $security.SetSecurityDescriptorSddlForm($Folders[$Path], 'Access, Owner')
    [System.IO.Directory]::SetAccessControl($Path, $security)
}

# Puts the merged file into place once sshd itself has read it. File.Replace keeps the access list of the old one.
function Set-SshdConfig {
    param([Parameter(Mandatory = $true)][string]$Candidate)
    $end = Invoke-Native -FilePath (Get-IngotSshdProgram) -ArgumentList @('-t', '-f', $Candidate) -AnyCode
    if ($end.exitCode -ne 0) {
        Stop-Ingot -Code 'openssh.sshd-config' -Message ('Expected sshd -t to accept the new sshd_config, found exit code {0}: {1}' -f $end.exitCode, (@($end.lines | Select-Object -Last 5) -join ' | '))
    }
    if (Test-Path -LiteralPath $Config) { [System.IO.File]::Replace($Candidate, $Config, "$Config.ingot-old") }
    else { [System.IO.File]::Move($Candidate, $Config) }
    # When it came here, and not when it was written elsewhere: sshd is started again if it is older than its file.
    [System.IO.File]::SetLastWriteTimeUtc($Config, [DateTime]::UtcNow)
    Remove-Item -LiteralPath "$Config.ingot-old" -Force -ErrorAction SilentlyContinue
}

# Whether sshd was started before its file was changed: also when an earlier run was cut off in between.
function Test-SshdOutdated {
    if (-not (Test-Path -LiteralPath $Config)) { return $false }
    $service = Get-CimInstance -ClassName Win32_Service -Filter "Name = 'sshd'"
    if ($null -eq $service -or $service.ProcessId -eq 0) { return $false }
    $process = Get-Process -Id $service.ProcessId -ErrorAction SilentlyContinue
    return ($null -ne $process) -and ($process.StartTime.ToUniversalTime() -lt [System.IO.File]::GetLastWriteTimeUtc($Config))
}

function Get-SshState {
    $service = Get-IngotService -Name 'sshd'
    $present = Test-Path -LiteralPath $Config
    return @{
        keys      = @(Get-IngotLine -Path $IngotKeyFile | Where-Object -FilterScript { $_ -ne '' })
        acl       = $(if (Test-Path -LiteralPath $IngotKeyFile) { [string](Get-Acl -LiteralPath $IngotKeyFile).Sddl } else { '' })
        folders   = @($Folders.Keys | Where-Object -FilterScript { Test-Path -LiteralPath $_ } | Sort-Object | ForEach-Object -Process { @{ path = $_; acl = [string](Get-Acl -LiteralPath $_).Sddl } })
        config    = $(if ($present) { [Convert]::ToBase64String([System.IO.File]::ReadAllBytes($Config)) } else { '' })
        configAcl = $(if ($present) { [string](Get-Acl -LiteralPath $Config).Sddl } else { '' })
        outdated  = [bool](Test-SshdOutdated)
        hostKeys  = @(Get-IngotHostKey)
        status    = $service.status
        startType = $service.startType
        firewall  = (Get-IngotSshRule)
    }
}

Invoke-IngotScript -Body {
    param($Parameter)
    $keys = @(Get-IngotProperty -InputObject $Parameter -Name 'authorizedKeys' -Default @() | ForEach-Object -Process { ([string]$_).Trim() })
    if ($keys.Count -eq 0) { Stop-Ingot -Code 'guest.parameters' -Message 'Expected at least one key in authorizedKeys, found none.' }
    $candidate = [string](Get-IngotProperty -InputObject $Parameter -Name 'config' -Default '')
    $port = [int](Get-IngotProperty -InputObject $Parameter -Name 'port' -Default (Get-IngotSshPort))
    if ($port -lt 1 -or $port -gt 65535) { Stop-Ingot -Code 'guest.parameters' -Message "Expected a port from 1 to 65535, found $port." }

    $before = Get-SshState
    $evidence = @()
    foreach ($folder in @(Get-WrongFolder)) {
        $evidence += "access list of $folder"
        if (-not $Test) { Set-FolderAcl -Path $folder }
    }
    if (Set-IngotAuthorizedKey -Key $keys -Test:$Test) { $evidence += 'administrators_authorized_keys' }
    if (Set-IngotSshFirewall -Port $port -Test:$Test) { $evidence += 'firewall rule OpenSSH-Server-In-TCP' }
    if ($candidate -ne '') {
        $evidence += 'sshd_config'
        if (-not $Test) { Set-SshdConfig -Candidate $candidate }
    }
    # The Win32-OpenSSH ZIP registers sshd as Manual, and 2025 brings it stopped.
    if ($before.status -ne 'Running' -or $before.startType -ne 'Automatic') { $evidence += 'service sshd' }
    if (-not $Test) {
        [void](Enable-IngotService -Name 'sshd')
        # Sessions are processes of their own and live on; where one is cut, the next run finds nothing left to do.
        if (Test-SshdOutdated) {
            $evidence += 'sshd started again'
            Restart-Service -Name 'sshd' -Force
            [void](Enable-IngotService -Name 'sshd')
        }
    }
    elseif ($before.outdated) { $evidence += 'sshd is older than sshd_config' }
    $after = $before
    if ($evidence.Count -gt 0 -and -not $Test) { $after = Get-SshState }
    New-IngotResult -Changed ($evidence.Count -gt 0) -Before $before -After $after -Evidence $evidence
}
