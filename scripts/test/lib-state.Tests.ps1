# lib-state.ps1: boot time, servicing and pending restarts, each by the place that tells the truth.
[CmdletBinding()]
param()

Pester\Describe 'lib-state.ps1' {
    Pester\BeforeAll {
        . (Join-Path -Path $PSScriptRoot -ChildPath 'harness.ps1')
        $cbs = 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing'
        function ConvertTo-Time {
            param([Parameter(Mandatory = $true)][string]$Text)
            return [DateTime]::Parse($Text, [Globalization.CultureInfo]::InvariantCulture, 'RoundtripKind')
        }
    }

    Pester\BeforeEach {
        Initialize-Guest
        $Machine = @{ processes = @(); boot = (ConvertTo-Time -Text '2026-11-21T09:00:00Z') }
        Pester\Mock -CommandName Get-CimInstance -ParameterFilter { $ClassName -eq 'Win32_Process' } -MockWith { $Machine.processes }
        Pester\Mock -CommandName Get-CimInstance -ParameterFilter { $ClassName -eq 'Win32_OperatingSystem' } -MockWith { [pscustomobject]@{ LastBootUpTime = $Machine.boot } }
    }

    Pester\Context 'boot time' {
        Pester\It 'is the start of the first smss.exe: there is one for each session' {
            $Machine.processes = @('2026-11-21T08:00:09.5Z', '2026-11-21T08:00:01.25Z' | ForEach-Object -Process { [pscustomobject]@{ CreationDate = (ConvertTo-Time -Text $_) } })
            Get-IngotBootTime | Pester\Should -BeExactly '2026-11-21T08:00:01.250Z'
        }

        Pester\It 'does not move when the clock is corrected' {
            $Machine.processes = @([pscustomobject]@{ CreationDate = (ConvertTo-Time -Text '2026-11-21T08:00:01Z') })
            $before = Get-IngotBootTime
            $Machine.boot = $Machine.boot.AddMinutes(3)
            Get-IngotBootTime | Pester\Should -BeExactly $before
        }

        Pester\It 'is what Windows says where processes hide when they began' {
            $Machine.processes = @([pscustomobject]@{ CreationDate = $null })
            Get-IngotBootTime | Pester\Should -BeExactly '2026-11-21T09:00:00.000Z'
        }
    }

    Pester\It 'joins build and revision' {
        $Guest.registry['HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion'] = @{ CurrentBuild = '19042'; UBR = 508 }
        Get-IngotOsBuild | Pester\Should -BeExactly '19042.508'
    }

    Pester\It 'takes a missing ServicingInProgress for idle' { Get-ServicingState | Pester\Should -Be 0 }

    Pester\Context 'pending restart' {
        Pester\It 'is none in a Windows that has just started' { @(Invoke-InGuest -Body { Get-PendingReboot }).Count | Pester\Should -Be 0 }

        Pester\It 'is known by the key <Key>' -ForEach @(
            @{ Key = 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\RebootPending'; Reason = 'CBS\RebootPending' }
            @{ Key = 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\PackagesPending\Package_1'; Reason = 'CBS\PackagesPending' }
            @{ Key = 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update\RebootRequired'; Reason = 'WindowsUpdate\RebootRequired' }
        ) {
            $Guest.registry[$Key] = @{}
            @(Invoke-InGuest -Body { Get-PendingReboot }) | Pester\Should -Be @($Reason)
        }

        Pester\It 'does not follow from an empty key PackagesPending' {
            $Guest.registry["$cbs\PackagesPending"] = @{}
            @(Invoke-InGuest -Body { Get-PendingReboot }).Count | Pester\Should -Be 0
        }

        Pester\It 'is known by ServicingInProgress 1, and 2 is work, not waiting' {
            $Guest.registry["$cbs\Interface"] = @{ ServicingInProgress = 1 }
            @(Invoke-InGuest -Body { Get-PendingReboot }) | Pester\Should -Be @('CBS\Interface ServicingInProgress=1')
            $Guest.registry["$cbs\Interface"].ServicingInProgress = 2
            @(Invoke-InGuest -Body { Get-PendingReboot }).Count | Pester\Should -Be 0
        }

        Pester\It 'is known by pending.xml' {
            [void](Set-GuestFile -Path 'Windows\WinSxS\pending.xml')
            @(Invoke-InGuest -Body { Get-PendingReboot }) | Pester\Should -Be @('WinSxS\pending.xml')
        }

        Pester\It 'is known by a new computer name' {
            $names = 'HKLM:\SYSTEM\CurrentControlSet\Control\ComputerName'
            $Guest.registry["$names\ActiveComputerName"] = @{ ComputerName = 'OLD' }
            $Guest.registry["$names\ComputerName"] = @{ ComputerName = 'NEW' }
            @(Invoke-InGuest -Body { Get-PendingReboot }) | Pester\Should -Be @('ComputerName OLD -> NEW')
        }

        Pester\It 'does not follow from files that are renamed at the next start' {
            $Guest.registry['HKLM:\SYSTEM\CurrentControlSet\Control\Session Manager'] = @{ PendingFileRenameOperations = @('\??\C:\x', '') }
            @(Invoke-InGuest -Body { Get-PendingReboot }).Count | Pester\Should -Be 0
        }
    }

    # With real folders, since only Windows has access lists.
    Pester\It 'tells a folder of its own from one that every user may add to' -Skip:($env:OS -ne 'Windows_NT') {
        $folder = Get-GuestFolder -Path 'ProgramData\ingot'
        $security = New-Object -TypeName System.Security.AccessControl.DirectorySecurity
        $security.SetSecurityDescriptorSddlForm('O:BAD:P(A;OICI;FA;;;BA)(A;OICI;FA;;;SY)', 'Access, Owner')
        [System.IO.Directory]::SetAccessControl($folder, $security)
        Test-IngotFolderPrivate | Pester\Should -BeTrue
        $security.SetSecurityDescriptorSddlForm('O:BAD:P(A;OICI;FA;;;BA)(A;OICI;FA;;;SY)(A;OICI;0x1200a9;;;BU)', 'Access, Owner')
        [System.IO.Directory]::SetAccessControl($folder, $security)
        Test-IngotFolderPrivate | Pester\Should -BeFalse
    }
}
