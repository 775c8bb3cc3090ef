# vmware-tools.ps1: the service VMTools runs and starts by itself.
[CmdletBinding()]
param()

Pester\Describe 'vmware-tools.ps1' {
    Pester\BeforeAll { . (Join-Path -Path $PSScriptRoot -ChildPath 'harness.ps1') }

    Pester\BeforeEach {
        Initialize-Guest
        Pester\Mock -CommandName Get-VmwareToolsVersion -MockWith { return '12.3.5.22544099' }
    }

    Pester\It 'fails when VMware Tools are not installed' {
        Get-ScriptErrorCode -Name 'vmware-tools.ps1' | Pester\Should -Be 'tools.missing'
    }

    Pester\It 'leaves a service that runs alone' {
        Set-GuestService -Name 'VMTools'
        $result = Get-ScriptResult -Name 'vmware-tools.ps1'
        $result.changed | Pester\Should -BeFalse
        $result.after.version | Pester\Should -Be '12.3.5.22544099'
        $result.after.status | Pester\Should -Be 'Running'
        Pester\Should -Invoke -CommandName Start-Service -Times 0 -Exactly
    }

    Pester\It 'starts it, now and at each start of Windows' {
        Set-GuestService -Name 'VMTools' -Status 'Stopped' -StartType 'Manual'
        $result = Get-ScriptResult -Name 'vmware-tools.ps1'
        $result.changed | Pester\Should -BeTrue
        $result.before.startType | Pester\Should -Be 'Manual'
        $result.after.startType | Pester\Should -Be 'Automatic'
        $result.after.status | Pester\Should -Be 'Running'
        (Get-ScriptResult -Name 'vmware-tools.ps1').changed | Pester\Should -BeFalse
    }

    Pester\It 'changes nothing with -Test, and says that it would' {
        Set-GuestService -Name 'VMTools' -Status 'Stopped'
        $result = Get-ScriptResult -Name 'vmware-tools.ps1' -Test
        $result.changed | Pester\Should -BeTrue
        $result.after.status | Pester\Should -Be 'Stopped'
        Pester\Should -Invoke -CommandName Start-Service -Times 0 -Exactly
        Pester\Should -Invoke -CommandName Set-Service -Times 0 -Exactly
    }
}
