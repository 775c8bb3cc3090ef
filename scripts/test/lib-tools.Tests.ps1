# lib-tools.ps1: VMware Tools and guestinfo, the way out of Windows that needs no network.
[CmdletBinding()]
param()

Pester\Describe 'lib-tools.ps1' {
    Pester\BeforeAll { . (Join-Path -Path $PSScriptRoot -ChildPath 'harness.ps1') }
    Pester\BeforeEach { Initialize-Guest }

    Pester\It 'looks for VMware Tools where their installer says' {
        $Guest.registry['HKLM:\SOFTWARE\VMware, Inc.\VMware Tools'] = @{ InstallPath = (Join-Path -Path $Guest.root -ChildPath 'Elsewhere') }
        Invoke-InGuest -Body { Get-VmwareToolsProgram } | Pester\Should -Be (Join-Path -Path (Join-Path -Path $Guest.root -ChildPath 'Elsewhere') -ChildPath 'vmtoolsd.exe')
    }

    Pester\It 'takes the version that the installer registered' {
        $Guest.registry['HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall'] = @{}
        $Guest.registry['HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\A'] = @{ DisplayName = 'Something else'; DisplayVersion = '1' }
        $Guest.registry['HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\B'] = @{ DisplayName = 'VMware Tools'; DisplayVersion = '12.3.5.22544099' }
        $Guest.registry['HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\C'] = @{}
        Invoke-InGuest -Body { Get-VmwareToolsVersion } | Pester\Should -Be '12.3.5.22544099'
    }

    Pester\Context 'Publish-IngotReport' {
        Pester\BeforeEach { $program = Set-GuestFile -Path 'ProgramFiles\VMware\VMware Tools\vmtoolsd.exe' }

        Pester\It 'says when there is no way out yet' {
            Remove-Item -LiteralPath $program
            Invoke-InGuest -Body { Publish-IngotReport -Name 'x' -Value @{ a = 1 } } | Pester\Should -BeFalse
            $Guest.native.Count | Pester\Should -Be 0
        }

        Pester\It 'gives the whole command as one argument' {
            $Guest.answers['vmtoolsd.exe'] = { @{ exitCode = 0 } }
            Invoke-InGuest -Body { Publish-IngotReport -Name 'x' -Value @{ message = 'say "x"' } } | Pester\Should -BeTrue
            $Guest.native[0].arguments | Pester\Should -Be @('--cmd', 'info-set guestinfo.ingot.x {"message":"say \"x\""}')
        }

        Pester\It 'says when a report is too long for a command line, and starts nothing' {
            Invoke-InGuest -Body { Publish-IngotReport -Name 'x' -Value @{ message = ('"' * 20000) } } | Pester\Should -BeFalse
            $Guest.native.Count | Pester\Should -Be 0
        }

        Pester\It 'tries again while the VM refuses' {
            $Guest.answers['vmtoolsd.exe'] = { @{ exitCode = $(if ($Guest.native.Count -lt 3) { 1 } else { 0 }) } }
            Invoke-InGuest -Body { Publish-IngotReport -Name 'x' -Value @{ a = 1 } } | Pester\Should -BeTrue
            $Guest.native.Count | Pester\Should -Be 3
            Pester\Should -Invoke -CommandName Start-Sleep -Times 2 -Exactly
        }
    }
}
