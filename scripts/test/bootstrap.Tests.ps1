# bootstrap.ps1: the first script inside Windows; started again by the Run key, it changes nothing.
[CmdletBinding()]
param()

Pester\Describe 'bootstrap.ps1' {
    Pester\BeforeAll {
        . (Join-Path -Path $PSScriptRoot -ChildPath 'harness.ps1')
        . ([scriptblock]::Create((Get-ScriptFunctionText -Name 'bootstrap.ps1')))
        $run = 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Run'
        $winlogon = 'HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon'

        # Runs it from a disc, as Windows Setup does; returns what it told last.
        function Invoke-Bootstrap {
            $folder = Get-GuestFolder -Path 'disc'
            Copy-Item -Path (Join-Path -Path $ScriptFolder -ChildPath '*.ps1') -Destination $folder
            [void](Set-GuestFile -Path 'disc\bootstrap.json' -Text (ConvertTo-Json -InputObject $asked))
            $Fake.exitCode = (Invoke-Script -Name 'bootstrap.ps1' -Folder $folder).exitCode
            return $Fake.reports[-1]
        }
    }

    Pester\BeforeEach {
        Initialize-Guest
        $Fake = @{ reports = @(); log = @(); exitCode = -1 }
        $asked = @{ build = 'build-1'; authorizedKeys = @('ssh-ed25519 AAAA me'); openssh = @{ sources = @('capability'); port = 22 } }
        Set-GuestService -Name 'VMTools'
        $Guest.registry[$run] = @{ 'Unattend0000000001{x}' = 'powershell.exe'; Other = 'kept.exe' }
        $Guest.registry[$winlogon] = @{ AutoAdminLogon = '1'; AutoLogonCount = 1; DefaultPassword = 'S3cret' }
        $Guest.registry['HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion'] = @{ CurrentBuild = '19042'; UBR = 508; EditionID = 'ServerStandardACor'; InstallationType = 'Server Core' }
        Pester\Mock -CommandName Publish-IngotReport -MockWith { $Fake.reports += @($Value.Clone()); return $true }
        Pester\Mock -CommandName Get-VmwareToolsVersion -MockWith { return '12.3.5.22544099' }
        Pester\Mock -CommandName Get-IngotBootTime -MockWith { return 'boot 1' }
        Pester\Mock -CommandName Repair-IngotClock -MockWith { return [int64]0 }
        Pester\Mock -CommandName Sync-IngotClock -MockWith { return [int64]0 }
        Pester\Mock -CommandName Install-IngotOpenSsh -MockWith {
            Set-GuestService -Name 'sshd' -Status 'Stopped' -StartType 'Manual'
            # What the first start of sshd makes.
            [void](Set-GuestFile -Path 'ProgramData\ssh\ssh_host_ed25519_key.pub' -Text 'ssh-ed25519 HOST x')
            [void](Set-GuestFile -Path 'ProgramData\ssh\sshd_config' -Text "Port 22`r`nMatch Group administrators`r`n")
            return @{ source = 'capability'; skipped = @() }
        }
        Pester\Mock -CommandName Test-IngotKeyAcl -MockWith { return $true }
        Pester\Mock -CommandName Set-IngotSshFirewall -MockWith { return $true }
        Pester\Mock -CommandName Get-NetTCPConnection -MockWith { return 'a listener' }
        Pester\Mock -CommandName Restart-Service -MockWith { return }
        Pester\Mock -CommandName Get-Command -ParameterFilter { $Name -eq 'Set-SConfig' } -MockWith { return }
        Pester\Mock -CommandName Get-LocalUser -MockWith { [pscustomobject]@{ Name = 'Administrateur'; SID = [pscustomobject]@{ Value = 'S-1-5-21-1-2-3-500' } } }
    }

    Pester\It 'tells what ingot needs to log in' {
        $report = Invoke-Bootstrap
        $report.state | Pester\Should -Be 'ready' -Because (ConvertTo-Json -InputObject $report)
        $Fake.exitCode | Pester\Should -Be 0
        $report.build | Pester\Should -Be 'build-1'
        $report.username | Pester\Should -Be 'Administrateur'
        @($report.hostKeys) | Pester\Should -Be @('ssh-ed25519 HOST')
        $report.os.build | Pester\Should -Be '19042.508'
        [System.IO.File]::ReadAllText((Join-Path -Path $Guest.root -ChildPath 'ProgramData\ssh\administrators_authorized_keys')) | Pester\Should -BeExactly "ssh-ed25519 AAAA me`r`n"
        $Guest.services['sshd'].StartType | Pester\Should -Be 'Automatic'
    }

    Pester\It 'takes away the logon by itself, its password, and the command that would start it again' {
        [void](Invoke-Bootstrap)
        @($Guest.registry[$run].Keys) | Pester\Should -Be @('Other')
        $Guest.registry[$winlogon].AutoAdminLogon | Pester\Should -Be '0'
        $Guest.registry[$winlogon].ContainsKey('DefaultPassword') | Pester\Should -BeFalse
        $Guest.registry[$winlogon].ContainsKey('AutoLogonCount') | Pester\Should -BeFalse
    }

    Pester\It 'only tells it again when it is started again' {
        [void](Invoke-Bootstrap)
        (Invoke-Bootstrap).state | Pester\Should -Be 'ready'
        Pester\Should -Invoke -CommandName Install-IngotOpenSsh -Times 1 -Exactly
    }

    Pester\It 'does all of it for another build' {
        [void](Invoke-Bootstrap)
        $asked.build = 'build-2'
        (Invoke-Bootstrap).build | Pester\Should -Be 'build-2'
        Pester\Should -Invoke -CommandName Install-IngotOpenSsh -Times 2 -Exactly
    }

    Pester\It 'tells why it failed, with a code' {
        Pester\Mock -CommandName Install-IngotOpenSsh -MockWith { Stop-Ingot -Code 'openssh.sources' -Message 'Expected OpenSSH Server, found none.' }
        $report = Invoke-Bootstrap
        $Fake.exitCode | Pester\Should -Be 1
        $report.state | Pester\Should -Be 'failed'
        $report.code | Pester\Should -Be 'openssh.sources'
        @($report.evidence).Count | Pester\Should -BeGreaterThan 0
        # The next logon by itself may try again.
        $Guest.registry[$winlogon].AutoAdminLogon | Pester\Should -Be '1'
    }

    Pester\It 'needs a key' {
        $asked.authorizedKeys = @()
        (Invoke-Bootstrap).code | Pester\Should -Be 'bootstrap.keys'
    }

    Pester\It 'puts a port before the first Match block' {
        $asked.openssh.port = 2222
        [void](Invoke-Bootstrap)
        [System.IO.File]::ReadAllText((Join-Path -Path $Guest.root -ChildPath 'ProgramData\ssh\sshd_config')) -replace "`r", '' | Pester\Should -BeExactly "Port 2222`nMatch Group administrators`n"
        Pester\Should -Invoke -CommandName Restart-Service -Times 1 -Exactly
    }

    Pester\Context 'VMware Tools' {
        Pester\BeforeEach {
            $Guest.services.Remove('VMTools')
            foreach ($disc in @('windows', 'tools', 'answers')) { [void](Get-GuestFolder -Path "cd\$disc") }
            # Windows' own disc has a setup.exe too.
            [void](Set-GuestFile -Path 'cd\windows\setup.exe')
            [void](Set-GuestFile -Path 'cd\windows\sources\boot.wim')
            Pester\Mock -CommandName Get-CdRoot -MockWith { foreach ($disc in @('windows', 'answers', 'tools')) { Join-Path -Path $Guest.root -ChildPath "cd\$disc" } }
        }

        Pester\It 'are installed by <Setup>, without a restart of its own' -ForEach @(@{ Setup = 'setup64.exe' }, @{ Setup = 'setup.exe' }) {
            [void](Set-GuestFile -Path "cd\tools\$Setup")
            $Guest.answers[$Setup] = { Set-GuestService -Name 'VMTools'; @{ exitCode = 3010 } }
            (Invoke-Bootstrap).state | Pester\Should -Be 'ready'
            $Guest.native[0].line | Pester\Should -BeLike '/S /v "/qn REBOOT=R /l[*]v *vmware-tools.log"'
        }

        Pester\It 'are tried again while another installation is at work' {
            [void](Set-GuestFile -Path 'cd\tools\setup64.exe')
            $Guest.answers['setup64.exe'] = {
                if ($Guest.native.Count -lt 3) { return @{ exitCode = 1618 } }
                Set-GuestService -Name 'VMTools'
                return @{ exitCode = 0 }
            }
            (Invoke-Bootstrap).state | Pester\Should -Be 'ready'
            $Guest.native.Count | Pester\Should -Be 3
        }

        Pester\It 'that do not install are told with their exit code' {
            [void](Set-GuestFile -Path 'cd\tools\setup64.exe')
            $Guest.answers['setup64.exe'] = { @{ exitCode = 1603 } }
            $report = Invoke-Bootstrap
            $report.code | Pester\Should -Be 'tools.setup'
            $report.message | Pester\Should -BeLike '*1603*'
        }

        Pester\It 'are missing when no disc has them' { (Invoke-Bootstrap).code | Pester\Should -Be 'tools.no-disc' }
    }
}
