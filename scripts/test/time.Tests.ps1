# time.ps1: zone, servers, and a time service that a workgroup does not stop again.
[CmdletBinding()]
param()

Pester\Describe 'time.ps1' {
    Pester\BeforeAll {
        . (Join-Path -Path $PSScriptRoot -ChildPath 'harness.ps1')
        $w32time = 'HKLM:\SYSTEM\CurrentControlSet\Services\W32Time'
        $asked = @{ zone = 'UTC'; servers = @('ntp1.example.com,0x8', 'ntp2.example.com,0x8') }
    }

    Pester\BeforeEach {
        Initialize-Guest
        # As Windows Server comes in a workgroup.
        Set-GuestService -Name 'W32Time' -Status 'Stopped' -StartType 'Manual'
        $Guest.registry["$w32time\Parameters"] = @{ Type = 'NTP'; NtpServer = 'time.windows.com,0x8' }
        $Guest.registry["$w32time\TriggerInfo\0"] = @{}
        $Fake = @{ zone = 'Pacific Standard Time' }
        Pester\Mock -CommandName Get-TimeZone -MockWith { [pscustomobject]@{ Id = $Fake.zone } }
        Pester\Mock -CommandName Set-TimeZone -MockWith { $Fake.zone = $Id }
        $Guest.answers['sc.exe'] = { $Guest.registry.Remove("$w32time\TriggerInfo\0"); @{ exitCode = 0 } }
        $Guest.answers['w32tm.exe'] = { $Guest.registry["$w32time\Parameters"].NtpServer = $asked.servers -join ' '; @{ exitCode = 0 } }
    }

    Pester\It 'sets zone and servers, once' {
        $result = Get-ScriptResult -Name 'time.ps1' -Parameter $asked
        $result.changed | Pester\Should -BeTrue
        $result.after.zone | Pester\Should -Be 'UTC'
        $result.after.servers | Pester\Should -BeExactly 'ntp1.example.com,0x8 ntp2.example.com,0x8'
        $result.after.startType | Pester\Should -Be 'Automatic'
        $result.after.triggers | Pester\Should -Be 0
        $runs = $Guest.native.Count
        (Get-ScriptResult -Name 'time.ps1' -Parameter $asked).changed | Pester\Should -BeFalse
        $Guest.native.Count | Pester\Should -Be $runs
    }

    Pester\It 'gives w32tm all servers as one argument' {
        [void](Get-ScriptResult -Name 'time.ps1' -Parameter $asked)
        @($Guest.native | Where-Object -FilterScript { $_.name -eq 'w32tm.exe' })[0].arguments | Pester\Should -Contain '/manualpeerlist:ntp1.example.com,0x8 ntp2.example.com,0x8'
    }

    Pester\It 'changes nothing with -Test, and says that it would' {
        (Get-ScriptResult -Name 'time.ps1' -Parameter $asked -Test).changed | Pester\Should -BeTrue
        $Guest.native.Count | Pester\Should -Be 0
        Pester\Should -Invoke -CommandName Set-TimeZone -Times 0 -Exactly
        Pester\Should -Invoke -CommandName Set-Service -Times 0 -Exactly
    }

    Pester\It 'lets only one set the clock: VMware Tools stop doing so' {
        [void](Set-GuestFile -Path 'ProgramFiles\VMware\VMware Tools\VMwareToolboxCmd.exe')
        $Fake.sync = 'Enabled'
        $Guest.answers['VMwareToolboxCmd.exe'] = {
            param($List)
            if ($List -contains 'disable') { $Fake.sync = 'Disabled' }
            @{ exitCode = 0; output = $Fake.sync }
        }
        $result = Get-ScriptResult -Name 'time.ps1' -Parameter $asked
        $result.before.vmwareTimeSync | Pester\Should -Be 'enabled'
        $result.after.vmwareTimeSync | Pester\Should -Be 'disabled'
    }

    Pester\It 'fails where a group policy decides' {
        $Guest.registry['HKLM:\SOFTWARE\Policies\Microsoft\W32Time\Parameters'] = @{ NtpServer = 'x' }
        Get-ScriptErrorCode -Name 'time.ps1' -Parameter $asked | Pester\Should -Be 'time.policy'
    }

    Pester\It 'refuses <Reason>' -ForEach @(
        @{ Reason = 'no servers'; Servers = @() }
        @{ Reason = 'a server without flags'; Servers = @('ntp.example.com') }
        @{ Reason = 'a server that would become two arguments'; Servers = @('a b,0x8') }
        @{ Reason = 'a server that would become an option'; Servers = @('/x,0x8') }
    ) {
        Get-ScriptErrorCode -Name 'time.ps1' -Parameter @{ zone = 'UTC'; servers = $Servers } | Pester\Should -Be 'guest.parameters'
    }
}
