# lib-sshd.ps1: keys of administrators, port, firewall rule and host keys of OpenSSH.
[CmdletBinding()]
param()

Pester\Describe 'lib-sshd.ps1' {
    Pester\BeforeAll { . (Join-Path -Path $PSScriptRoot -ChildPath 'harness.ps1') }

    Pester\BeforeEach {
        Initialize-Guest
        [void](Get-GuestFolder -Path 'ProgramData\ssh')
    }

    Pester\Context 'port' {
        Pester\It 'is <Expected> for <Reason>' -ForEach @(
            @{ Expected = 22; Reason = 'no file'; Lines = $null }
            @{ Expected = 22; Reason = 'a comment'; Lines = @('#Port 2222') }
            @{ Expected = 2222; Reason = 'the first of two'; Lines = @('Port 2222', 'Port 2223') }
            @{ Expected = 2222; Reason = 'an equals sign'; Lines = @('  port=2222') }
            @{ Expected = 22; Reason = 'a line in a Match block'; Lines = @('Match Group administrators', 'Port 2222') }
        ) {
            if ($null -ne $Lines) { [void](Set-GuestFile -Path 'ProgramData\ssh\sshd_config' -Text ($Lines -join "`r`n")) }
            Get-IngotSshPort | Pester\Should -Be $Expected
        }
    }

    Pester\Context 'keys' {
        Pester\BeforeEach {
            $Fake = @{ strict = $true }
            Pester\Mock -CommandName Test-IngotKeyAcl -MockWith { return $Fake.strict }
        }

        Pester\It 'are written as ASCII lines without a mark, once' {
            Set-IngotAuthorizedKey -Key @('ssh-ed25519 AAAA a', 'ssh-ed25519 BBBB b') | Pester\Should -BeTrue
            [System.IO.File]::ReadAllBytes($IngotKeyFile)[0] | Pester\Should -Be 0x73
            [System.IO.File]::ReadAllText($IngotKeyFile) | Pester\Should -BeExactly "ssh-ed25519 AAAA a`r`nssh-ed25519 BBBB b`r`n"
            Set-IngotAuthorizedKey -Key @('ssh-ed25519 AAAA a', 'ssh-ed25519 BBBB b') | Pester\Should -BeFalse
        }

        Pester\It 'replace others: a key that is not wanted is no way in' {
            [void](Set-GuestFile -Path 'ProgramData\ssh\administrators_authorized_keys' -Text "ssh-rsa OLD`r`n")
            Set-IngotAuthorizedKey -Key @('ssh-ed25519 AAAA a') | Pester\Should -BeTrue
            [System.IO.File]::ReadAllText($IngotKeyFile) | Pester\Should -Not -BeLike '*OLD*'
        }

        Pester\It 'are left alone with -Test' {
            Set-IngotAuthorizedKey -Key @('ssh-ed25519 AAAA a') -Test | Pester\Should -BeTrue
            Test-Path -LiteralPath $IngotKeyFile | Pester\Should -BeFalse
        }

        Pester\It 'in other letters than ASCII are refused' {
            { Set-IngotAuthorizedKey -Key @('ssh-ed25519 AAAA Ren' + [char]0xE9) } | Pester\Should -Throw -ExpectedMessage '*ASCII*'
        }

        Pester\It 'are not written before sshd has made its folder' {
            Remove-Item -LiteralPath $IngotSshFolder -Recurse
            $failure = { Set-IngotAuthorizedKey -Key @('ssh-ed25519 AAAA a') } | Pester\Should -Throw -PassThru
            $failure.Exception.Data['ingot.code'] | Pester\Should -Be 'openssh.not-started'
        }
    }

    # With a real file, since only Windows has access lists.
    Pester\Context 'access list' {
        Pester\BeforeEach { Pester\Mock -CommandName Get-Acl -MockWith { Microsoft.PowerShell.Security\Get-Acl -LiteralPath $LiteralPath } }

        Pester\It 'becomes the one that OpenSSH 7.7 wants' -Skip:($env:OS -ne 'Windows_NT') {
            Set-IngotAuthorizedKey -Key @('ssh-ed25519 AAAA a') | Pester\Should -BeTrue
            (Microsoft.PowerShell.Security\Get-Acl -LiteralPath $IngotKeyFile).Sddl | Pester\Should -Match '^O:BAG:.*D:PAI?\(A;;FA;;;(BA|SY)\)\(A;;FA;;;(BA|SY)\)$'
            Set-IngotAuthorizedKey -Key @('ssh-ed25519 AAAA a') | Pester\Should -BeFalse
        }

        Pester\It 'is wrong with <Sddl>' -Skip:($env:OS -ne 'Windows_NT') -ForEach @(
            @{ Sddl = 'O:BAD:P(A;;FA;;;BA)(A;;FA;;;SY)(A;;FR;;;AU)' }
            @{ Sddl = 'O:BAD:P(A;;FA;;;BA)' }
            @{ Sddl = 'O:BAD:(A;;FA;;;BA)(A;;FA;;;SY)' }
        ) {
            [void](Set-GuestFile -Path 'ProgramData\ssh\administrators_authorized_keys' -Text 'x')
            $security = New-Object -TypeName System.Security.AccessControl.FileSecurity
            $security.SetSecurityDescriptorSddlForm($Sddl, 'Access, Owner')
            [System.IO.File]::SetAccessControl($IngotKeyFile, $security)
            Test-IngotKeyAcl | Pester\Should -BeFalse
        }
    }

    Pester\Context 'firewall' {
        Pester\BeforeEach {
            $Fake = @{ rule = $null }
            Pester\Mock -CommandName Get-NetFirewallRule -MockWith { if ($null -ne $Fake.rule) { $Fake.rule } }
            Pester\Mock -CommandName Get-NetFirewallPortFilter -MockWith { [pscustomobject]@{ LocalPort = $AssociatedNetFirewallRule.LocalPort } }
            Pester\Mock -CommandName New-NetFirewallRule -MockWith { $Fake.rule = [pscustomobject]@{ Profile = [string]$Profile; Enabled = [string]$Enabled; Action = [string]$Action; LocalPort = $LocalPort } }
            Pester\Mock -CommandName Set-NetFirewallRule -MockWith { $Fake.rule = [pscustomobject]@{ Profile = [string]$Profile; Enabled = [string]$Enabled; Action = [string]$Action; LocalPort = $LocalPort } }
        }

        Pester\It 'gets a rule where the ZIP brought none' {
            Set-IngotSshFirewall -Port 22 | Pester\Should -BeTrue
            Pester\Should -Invoke -CommandName New-NetFirewallRule -Times 1 -Exactly -ParameterFilter { $Name -eq 'OpenSSH-Server-In-TCP' -and $Profile -eq 'Any' -and $Direction -eq 'Inbound' }
            Set-IngotSshFirewall -Port 22 | Pester\Should -BeFalse
        }

        Pester\It 'has its rule changed when <Reason>' -ForEach @(
            @{ Reason = 'it holds for private networks only'; Profile = 'Private'; Enabled = 'True'; Action = 'Allow'; LocalPort = '22' }
            @{ Reason = 'it is off'; Profile = 'Any'; Enabled = 'False'; Action = 'Allow'; LocalPort = '22' }
            @{ Reason = 'it blocks'; Profile = 'Any'; Enabled = 'True'; Action = 'Block'; LocalPort = '22' }
            @{ Reason = 'it has another port'; Profile = 'Any'; Enabled = 'True'; Action = 'Allow'; LocalPort = '2222' }
        ) {
            $Fake.rule = [pscustomobject]@{ Profile = $Profile; Enabled = $Enabled; Action = $Action; LocalPort = $LocalPort }
            Set-IngotSshFirewall -Port 22 -Test | Pester\Should -BeTrue
            Pester\Should -Invoke -CommandName Set-NetFirewallRule -Times 0 -Exactly
            Set-IngotSshFirewall -Port 22 | Pester\Should -BeTrue
            Set-IngotSshFirewall -Port 22 | Pester\Should -BeFalse
            Pester\Should -Invoke -CommandName Set-NetFirewallRule -Times 1 -Exactly
        }
    }

    Pester\It 'tells host keys without their comment, and none of DSA' {
        [void](Set-GuestFile -Path 'ProgramData\ssh\ssh_host_ed25519_key.pub' -Text "ssh-ed25519 AAAA nt authority\system@x`r`n")
        [void](Set-GuestFile -Path 'ProgramData\ssh\ssh_host_dsa_key.pub' -Text 'ssh-dss BBBB x')
        @(Get-IngotHostKey) | Pester\Should -Be @('ssh-ed25519 AAAA')
    }

    Pester\It 'finds sshd.exe in the command line of its service: <PathName>' -ForEach @(
        @{ PathName = 'C:\Windows\System32\OpenSSH\sshd.exe'; Expected = 'C:\Windows\System32\OpenSSH\sshd.exe' }
        @{ PathName = '"C:\Program Files\OpenSSH\sshd.exe" -D'; Expected = 'C:\Program Files\OpenSSH\sshd.exe' }
        @{ PathName = 'C:\Program Files\OpenSSH\sshd.exe'; Expected = 'C:\Program Files\OpenSSH\sshd.exe' }
    ) {
        Pester\Mock -CommandName Get-CimInstance -MockWith { [pscustomobject]@{ PathName = $PathName } }
        Get-IngotSshdProgram | Pester\Should -BeExactly $Expected
    }

    Pester\It 'says so when there is no service' {
        Pester\Mock -CommandName Get-CimInstance -MockWith { return }
        $failure = { Get-IngotSshdProgram } | Pester\Should -Throw -PassThru
        $failure.Exception.Data['ingot.code'] | Pester\Should -Be 'openssh.not-installed'
    }
}
