# openssh.ps1: keys, sshd_config, access lists, service and firewall rule of sshd.
[CmdletBinding()]
param()

Pester\Describe 'openssh.ps1' {
    Pester\BeforeAll {
        . (Join-Path -Path $PSScriptRoot -ChildPath 'harness.ps1')
        # Those that would look at processes or set access lists, to be mocked.
        . ([scriptblock]::Create((Get-ScriptFunctionText -Name 'openssh.ps1')))
        # As Windows gives them back: with a group, flags, and in its own order.
        $folderSddl = 'O:SYG:SYD:PAI(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;AU)(A;OICI;FA;;;SY)'
        $logsSddl = 'O:BAG:SYD:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)'
    }

    Pester\BeforeEach {
        Initialize-Guest
        $logs = Get-GuestFolder -Path 'ProgramData\ssh\logs'
        $config = Set-GuestFile -Path 'ProgramData\ssh\sshd_config' -Text "Port 22`r`n"
        [void](Set-GuestFile -Path 'ProgramData\ssh\ssh_host_ed25519_key.pub' -Text 'ssh-ed25519 HOST x')
        Set-GuestService -Name 'sshd'
        $Fake = @{ sddl = @{}; profile = 'Any'; outdated = $false; strict = $true }
        $asked = @{ authorizedKeys = @('ssh-ed25519 AAAA me') }
        Pester\Mock -CommandName Get-Acl -MockWith {
            $path = [string]$LiteralPath
            if ($Fake.sddl.ContainsKey($path)) { return [pscustomobject]@{ Sddl = $Fake.sddl[$path] } }
            if ($path.EndsWith('logs')) { return [pscustomobject]@{ Sddl = $logsSddl } }
            return [pscustomobject]@{ Sddl = $folderSddl }
        }
        Pester\Mock -CommandName Test-IngotKeyAcl -MockWith { return $Fake.strict }
        Pester\Mock -CommandName Set-FolderAcl -MockWith { $Fake.sddl.Remove([string]$Path) }
        Pester\Mock -CommandName Test-SshdOutdated -MockWith { return $Fake.outdated }
        Pester\Mock -CommandName Restart-Service -MockWith { $Fake.outdated = $false }
        Pester\Mock -CommandName Get-CimInstance -MockWith { [pscustomobject]@{ PathName = 'C:\Windows\System32\OpenSSH\sshd.exe' } }
        Pester\Mock -CommandName Get-NetFirewallRule -MockWith { [pscustomobject]@{ Profile = $Fake.profile; Enabled = 'True'; Action = 'Allow' } }
        Pester\Mock -CommandName Get-NetFirewallPortFilter -MockWith { [pscustomobject]@{ LocalPort = '22' } }
        Pester\Mock -CommandName Set-NetFirewallRule -MockWith { $Fake.profile = [string]$Profile }
        $Guest.answers['sshd.exe'] = { @{ exitCode = 0 } }
    }

    Pester\It 'writes the keys, and finds nothing to do the second time' {
        $result = Get-ScriptResult -Name 'openssh.ps1' -Parameter $asked
        $result.changed | Pester\Should -BeTrue
        $result.after.keys | Pester\Should -Be @('ssh-ed25519 AAAA me')
        $result.after.hostKeys | Pester\Should -Be @('ssh-ed25519 HOST')
        $again = Get-ScriptResult -Name 'openssh.ps1' -Parameter $asked
        $again.changed | Pester\Should -BeFalse
        Pester\Should -Invoke -CommandName Restart-Service -Times 0 -Exactly
    }

    Pester\It 'makes the service start with Windows, and opens its port on every network' {
        Set-GuestService -Name 'sshd' -Status 'Stopped' -StartType 'Manual'
        $Fake.profile = 'Private'
        $result = Get-ScriptResult -Name 'openssh.ps1' -Parameter $asked
        $result.after.status | Pester\Should -Be 'Running'
        $result.after.startType | Pester\Should -Be 'Automatic'
        $result.after.firewall.profile | Pester\Should -Be 'Any'
    }

    Pester\It 'mends the folders that updates have left open' {
        $Fake.sddl[$logs] = 'O:BAG:SYD:AI(A;OICIID;FA;;;SY)(A;OICIID;FA;;;BA)(A;OICIID;0x1200a9;;;AU)'
        (Get-ScriptResult -Name 'openssh.ps1' -Parameter $asked).evidence | Pester\Should -Contain "access list of $logs"
        Pester\Should -Invoke -CommandName Set-FolderAcl -Times 1 -Exactly
        (Get-ScriptResult -Name 'openssh.ps1' -Parameter $asked).changed | Pester\Should -BeFalse
    }

    Pester\It 'puts an sshd_config into place that sshd has read, and starts sshd again' {
        $asked.config = Set-GuestFile -Path 'candidate' -Text "Port 22`r`nPasswordAuthentication no`r`n"
        $Fake.outdated = $true
        $result = Get-ScriptResult -Name 'openssh.ps1' -Parameter $asked
        [System.IO.File]::ReadAllText($config) | Pester\Should -BeLike '*PasswordAuthentication no*'
        $Guest.native[0].arguments[0, 1] | Pester\Should -Be @('-t', '-f')
        $result.evidence | Pester\Should -Contain 'sshd started again'
        Pester\Should -Invoke -CommandName Restart-Service -Times 1 -Exactly
    }

    Pester\It 'keeps the old sshd_config when sshd refuses the new one' {
        $asked.config = Set-GuestFile -Path 'candidate' -Text 'nonsense'
        $Guest.answers['sshd.exe'] = { @{ exitCode = 255; output = 'line 1: Bad configuration option' } }
        Get-ScriptErrorCode -Name 'openssh.ps1' -Parameter $asked | Pester\Should -Be 'openssh.sshd-config'
        [System.IO.File]::ReadAllText($config) | Pester\Should -BeExactly "Port 22`r`n"
    }

    Pester\It 'changes nothing with -Test, and says what it would' {
        Set-GuestService -Name 'sshd' -Status 'Stopped' -StartType 'Manual'
        $Fake.profile = 'Private'
        $asked.config = Set-GuestFile -Path 'candidate' -Text 'x'
        $result = Get-ScriptResult -Name 'openssh.ps1' -Parameter $asked -Test
        $result.changed | Pester\Should -BeTrue
        @($result.evidence).Count | Pester\Should -Be 4
        [System.IO.File]::ReadAllText($config) | Pester\Should -BeExactly "Port 22`r`n"
        foreach ($name in @('Set-FolderAcl', 'Set-NetFirewallRule', 'Start-Service', 'Set-Service', 'Restart-Service')) { Pester\Should -Invoke -CommandName $name -Times 0 -Exactly }
    }

    Pester\It 'refuses <Reason>' -ForEach @(
        @{ Reason = 'no keys'; Parameter = @{ authorizedKeys = @() } }
        @{ Reason = 'a port that is none'; Parameter = @{ authorizedKeys = @('ssh-ed25519 AAAA'); port = 70000 } }
    ) {
        Get-ScriptErrorCode -Name 'openssh.ps1' -Parameter $Parameter | Pester\Should -Be 'guest.parameters'
    }
}

Pester\Describe 'openssh.ps1: sshd and its file' {
    Pester\BeforeAll {
        . (Join-Path -Path $PSScriptRoot -ChildPath 'harness.ps1')
        . ([scriptblock]::Create((Get-ScriptFunctionText -Name 'openssh.ps1')))
    }

    Pester\BeforeEach {
        Initialize-Guest
        $Config = Set-GuestFile -Path 'ProgramData\ssh\sshd_config' -Text "Port 22`r`n"
        $Fake = @{ service = $null }
        Pester\Mock -CommandName Get-CimInstance -MockWith { if ($null -ne $Fake.service) { $Fake.service } }
    }

    Pester\It 'are up to date where there is a file and no service yet' {
        Test-SshdOutdated | Pester\Should -BeFalse
    }

    Pester\It 'are up to date while the service is stopped' {
        $Fake.service = [pscustomobject]@{ ProcessId = [uint32]0 }
        Test-SshdOutdated | Pester\Should -BeFalse
    }

    Pester\It 'are not once the file is younger than the process' {
        $Fake.service = [pscustomobject]@{ ProcessId = [uint32]$PID }
        [System.IO.File]::SetLastWriteTimeUtc($Config, [DateTime]::UtcNow.AddMinutes(1))
        Test-SshdOutdated | Pester\Should -BeTrue
        [System.IO.File]::SetLastWriteTimeUtc($Config, [DateTime]::UtcNow.AddDays(-1000))
        Test-SshdOutdated | Pester\Should -BeFalse
    }
}
