# settle.ps1: after a restart, waits for servicing and Winlogon, and never for ever.
[CmdletBinding()]
param()

Pester\Describe 'settle.ps1' {
    Pester\BeforeAll {
        . (Join-Path -Path $PSScriptRoot -ChildPath 'harness.ps1')
        $checked = 'HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon\AutoLogonChecked'
    }

    Pester\BeforeEach {
        Initialize-Guest
        $Fake = @{ looks = 0; servicing = @(2, 2, 2, 0) }
        $Guest.registry[$checked] = @{}
        Pester\Mock -CommandName Get-IngotBootTime -MockWith { return 'boot 1' }
        Pester\Mock -CommandName Get-ServicingState -MockWith {
            $value = $Fake.servicing[[Math]::Min($Fake.looks, $Fake.servicing.Count - 1)]
            $Fake.looks++
            return $value
        }
    }

    Pester\It 'says when Windows has not gone down yet' {
        $result = Get-ScriptResult -Name 'settle.ps1' -Parameter @{ previousBootTime = 'boot 1' }
        $result.settled | Pester\Should -BeFalse
        Pester\Should -Invoke -CommandName Start-Sleep -Times 0 -Exactly
    }

    Pester\It 'waits until servicing is idle, and says so once' {
        $run = Invoke-Script -Name 'settle.ps1' -Parameter @{ previousBootTime = 'boot 0' }
        $run.result.settled | Pester\Should -BeTrue
        $run.result.servicing | Pester\Should -Be 0
        @($run.progress).Count | Pester\Should -Be 1
        $run.progress[0].message | Pester\Should -BeLike '*servicing to be idle*'
    }

    Pester\It 'leaves a further restart that servicing waits for to its caller' {
        $Fake.servicing = @(1)
        $result = Get-ScriptResult -Name 'settle.ps1' -Parameter @{ previousBootTime = 'boot 0' }
        $result.settled | Pester\Should -BeTrue
        $result.servicing | Pester\Should -Be 1
    }

    Pester\It 'fails when servicing works longer than it may' {
        $Fake.servicing = @(2)
        Get-ScriptErrorCode -Name 'settle.ps1' -Parameter @{ previousBootTime = 'boot 0'; seconds = 0 } | Pester\Should -Be 'guest.servicing-busy'
    }
}
