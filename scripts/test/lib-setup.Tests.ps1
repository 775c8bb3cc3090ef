# lib-setup.ps1: the end of Setup, and how long it is waited for.
[CmdletBinding()]
param()

Pester\Describe 'lib-setup.ps1' {
    Pester\BeforeAll {
        . (Join-Path -Path $PSScriptRoot -ChildPath 'harness.ps1')
        foreach ($name in @('common.ps1', 'lib-state.ps1', 'lib-setup.ps1')) {
            . ([scriptblock]::Create((Get-ScriptFunctionText -Name $name)))
        }
    }

    Pester\BeforeEach {
        Initialize-Guest
        Set-GuestService -Name 'VMTools'
    }

    Pester\It 'is ready: <State>, <Setup>, <Oobe> is <Expected>' -ForEach @(
        @{ State = 'IMAGE_STATE_COMPLETE'; Setup = 0; Oobe = 0; Expected = $true }
        @{ State = 'IMAGE_STATE_COMPLETE'; Setup = 1; Oobe = 0; Expected = $false }
        @{ State = 'IMAGE_STATE_COMPLETE'; Setup = 0; Oobe = 1; Expected = $false }
        @{ State = 'IMAGE_STATE_UNDEPLOYABLE'; Setup = 0; Oobe = 0; Expected = $false }
    ) {
        $found = @{ imageState = $State; systemSetupInProgress = $Setup; oobeInProgress = $Oobe }
        Test-SetupReady -State $found -Service @('VMTools') | Pester\Should -Be $Expected
    }

    Pester\It 'does not wait for a service that is not there' {
        $found = @{ imageState = 'IMAGE_STATE_COMPLETE'; systemSetupInProgress = 0; oobeInProgress = 0 }
        Test-SetupReady -State $found -Service @('sshd') | Pester\Should -BeTrue
    }
}
