# restart.ps1: asks for a restart once, and takes one that is under way for what it asked for.
[CmdletBinding()]
param()

Pester\Describe 'restart.ps1' {
    Pester\BeforeAll { . (Join-Path -Path $PSScriptRoot -ChildPath 'harness.ps1') }

    Pester\BeforeEach {
        Initialize-Guest
        Pester\Mock -CommandName Get-IngotBootTime -MockWith { return 'boot 1' }
    }

    Pester\It 'restarts, and tells the boot time that has to change' {
        $Guest.answers['shutdown.exe'] = { @{ exitCode = 0 } }
        $result = Get-ScriptResult -Name 'restart.ps1'
        $result.scheduled | Pester\Should -BeTrue
        $result.bootTime | Pester\Should -BeExactly 'boot 1'
        $Guest.native.Count | Pester\Should -Be 1
        $Guest.native[0].arguments[0] | Pester\Should -Be '/r'
    }

    Pester\It 'forgets that the last start is over, so that the end of the next one can be seen' {
        $Guest.answers['shutdown.exe'] = { @{ exitCode = 0 } }
        $Guest.registry['HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon\AutoLogonChecked'] = @{}
        [void](Get-ScriptResult -Name 'restart.ps1')
        $Guest.registry.Count | Pester\Should -Be 0
    }

    Pester\It 'is content with exit code <ExitCode>: Windows goes down already' -ForEach @(@{ ExitCode = 1115 }, @{ ExitCode = 1190 }) {
        $Guest.answers['shutdown.exe'] = { @{ exitCode = $ExitCode } }
        (Get-ScriptResult -Name 'restart.ps1').scheduled | Pester\Should -BeTrue
    }

    Pester\It 'fails when Windows refuses' {
        $Guest.answers['shutdown.exe'] = { @{ exitCode = 5 } }
        Get-ScriptErrorCode -Name 'restart.ps1' | Pester\Should -Be 'guest.native'
    }
}
