# lib-clock.ps1: a clock that is far off is put right, one that is near is left alone.
[CmdletBinding()]
param()

Pester\Describe 'lib-clock.ps1' {
    Pester\BeforeAll { . (Join-Path -Path $PSScriptRoot -ChildPath 'harness.ps1') }

    Pester\BeforeEach {
        Initialize-Guest
        $Fake = @{ set = $null }
        Pester\Mock -CommandName Set-Date -MockWith { $Fake.set = [DateTime]$Date }
    }

    Pester\Context 'by the time of the disc' {
        Pester\It 'stays when the disc is <Minutes> minutes ahead' -ForEach @(@{ Minutes = 0 }, @{ Minutes = -90 }, @{ Minutes = -1200 }) {
            Repair-IngotClock -DiscTime ([DateTime]::UtcNow.AddMinutes($Minutes).ToString('o', [Globalization.CultureInfo]::InvariantCulture)) | Pester\Should -Be 0
            Pester\Should -Invoke -CommandName Set-Date -Times 0 -Exactly
        }

        Pester\It 'is set when the disc is <Hours> hours ahead' -ForEach @(@{ Hours = 8 }, @{ Hours = -72 }) {
            $made = [DateTime]::UtcNow.AddHours($Hours)
            $added = Repair-IngotClock -DiscTime ($made.ToString('yyyy-MM-ddTHH:mm:ssZ', [Globalization.CultureInfo]::InvariantCulture))
            [Math]::Abs($added - 3600 * $Hours) | Pester\Should -BeLessThan 30
            [Math]::Abs(($Fake.set.ToUniversalTime() - $made).TotalSeconds) | Pester\Should -BeLessThan 30
        }

        Pester\It 'stays without a time, and with one that is none' {
            Repair-IngotClock -DiscTime '' | Pester\Should -Be 0
            Repair-IngotClock -DiscTime 'yesterday' | Pester\Should -Be 0
        }
    }

    Pester\Context 'by the host' {
        Pester\BeforeEach {
            [void](Set-GuestFile -Path 'ProgramFiles\VMware\VMware Tools\VMwareToolboxCmd.exe')
            $Guest.answers['VMwareToolboxCmd.exe'] = { @{ exitCode = 0; output = $Fake.host } }
        }

        Pester\It 'is set when it is an hour off' {
            $Fake.host = [DateTime]::Now.AddHours(1).ToString('dd MMM yyyy HH:mm:ss', [Globalization.CultureInfo]::InvariantCulture)
            $added = Invoke-InGuest -Body { Sync-IngotClock }
            [Math]::Abs($added - 3600) | Pester\Should -BeLessThan 30
            $Fake.set | Pester\Should -Not -BeNullOrEmpty
        }

        Pester\It 'stays when <Reason>' -ForEach @(
            @{ Reason = 'it is near'; Days = 0 }
            @{ Reason = 'the host is off by days: then neither is known'; Days = 30 }
        ) {
            $Fake.host = [DateTime]::Now.AddDays($Days).ToString('dd MMM yyyy HH:mm:ss', [Globalization.CultureInfo]::InvariantCulture)
            Invoke-InGuest -Body { Sync-IngotClock } | Pester\Should -Be 0
            Pester\Should -Invoke -CommandName Set-Date -Times 0 -Exactly
        }

        Pester\It 'stays when the host does not tell' {
            $Fake.host = 'Not available'
            Invoke-InGuest -Body { Sync-IngotClock } | Pester\Should -Be 0
        }
    }
}
