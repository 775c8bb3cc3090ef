# sysprep.ps1: checks first, then one task as Administrator; the obstacles themselves are in lib-sysprep.Tests.ps1.
[CmdletBinding()]
param()

Pester\Describe 'sysprep.ps1' {
    Pester\BeforeAll { . (Join-Path -Path $PSScriptRoot -ChildPath 'harness.ps1') }

    Pester\BeforeEach {
        Initialize-Guest
        $Fake = @{ obstacles = @(); packages = @(); running = $false; password = '' }
        $unattend = Set-GuestFile -Path 'unattend.xml' -Text '<unattend/>'
        $wanted = @{ run = 'run-1'; unattend = $unattend; password = 'N0t-on-a-command-line'; minutes = 25; mode = ''; harmless = @('BiUpdateEfiEntry'); remove = @('C:\x.xml'); waitMinutes = 0 }
        Pester\Mock -CommandName Get-ServicingObstacle -MockWith { $Fake.obstacles }
        Pester\Mock -CommandName Get-SystemObstacle -MockWith { return }
        Pester\Mock -CommandName Get-SysprepWarning -MockWith { return }
        Pester\Mock -CommandName Get-IngotRearmCount -MockWith { return 3 }
        Pester\Mock -CommandName Wait-IngotQuiet -MockWith { return }
        Pester\Mock -CommandName Get-PendingReboot -MockWith { return }
        Pester\Mock -CommandName Get-IngotUserPackage -MockWith { $Fake.packages }
        Pester\Mock -CommandName Remove-IngotUserPackage -MockWith { $Fake.packages = @(); return 'E_1.0_x64' }
        Pester\Mock -CommandName Test-IngotTaskRunning -MockWith { return $Fake.running }
        Pester\Mock -CommandName Get-LocalUser -MockWith {
            [pscustomobject]@{ Name = 'Guest'; SID = [pscustomobject]@{ Value = 'S-1-5-21-1-2-3-501' } }
            [pscustomobject]@{ Name = 'Administrateur'; SID = [pscustomobject]@{ Value = 'S-1-5-21-1-2-3-500' } }
        }
        Pester\Mock -CommandName Set-LocalUser -MockWith { $Fake.password = (New-Object -TypeName System.Net.NetworkCredential -ArgumentList 'x', $Password).Password }
        Pester\Mock -CommandName Register-IngotTask -MockWith { return }
        Pester\Mock -CommandName Start-ScheduledTask -MockWith { return }
    }

    Pester\It 'sets the password of the account with RID 500, whatever its name, and starts the task as that account' {
        $result = Get-ScriptResult -Name 'sysprep.ps1' -Parameter $wanted
        $result.changed | Pester\Should -BeTrue
        $result.after.started | Pester\Should -BeTrue
        $Fake.password | Pester\Should -BeExactly $wanted.password
        Pester\Should -Invoke -CommandName Set-LocalUser -Times 1 -Exactly -ParameterFilter { $SID.Value -eq 'S-1-5-21-1-2-3-500' }
        Pester\Should -Invoke -CommandName Register-IngotTask -Times 1 -Exactly -ParameterFilter { $User -eq 'INGOT-TEST\Administrateur' -and $Password -eq $wanted.password -and -not $Argument }
        Pester\Should -Invoke -CommandName Start-ScheduledTask -Times 1 -Exactly
    }

    Pester\It 'leaves no password in the file for the task' {
        [void](Get-ScriptResult -Name 'sysprep.ps1' -Parameter $wanted)
        $text = [System.IO.File]::ReadAllText((Join-Path -Path $Guest.root -ChildPath 'ProgramData\ingot\sysprep.json'))
        $text | Pester\Should -Not -BeLike '*N0t-on*'
        $task = ConvertFrom-Json -InputObject $text
        $task.run | Pester\Should -Be 'run-1'
        $task.minutes | Pester\Should -Be 25
        $task.harmless | Pester\Should -Be @('BiUpdateEfiEntry')
        $task.remove | Pester\Should -Be @('C:\x.xml')
    }

    Pester\It 'gives the task lists, also of one and of none' {
        $wanted.remove = @()
        [void](Get-ScriptResult -Name 'sysprep.ps1' -Parameter $wanted)
        $text = [System.IO.File]::ReadAllText((Join-Path -Path $Guest.root -ChildPath 'ProgramData\ingot\sysprep.json'))
        $text | Pester\Should -BeLike '*"remove":`[`]*'
        $text | Pester\Should -BeLike '*"harmless":`["BiUpdateEfiEntry"`]*'
    }

    Pester\It 'does nothing at all while something is in the way' {
        $Fake.obstacles = @(@{ code = 'sysprep.bitlocker'; message = 'x' })
        $result = Get-ScriptResult -Name 'sysprep.ps1' -Parameter $wanted
        $result.changed | Pester\Should -BeFalse
        $result.after.started | Pester\Should -BeFalse
        @($result.after.obstacles)[0].code | Pester\Should -Be 'sysprep.bitlocker'
        $result.rebootRequired | Pester\Should -BeFalse
        foreach ($name in @('Set-LocalUser', 'Register-IngotTask', 'Start-ScheduledTask', 'Remove-IngotUserPackage')) { Pester\Should -Invoke -CommandName $name -Times 0 -Exactly }
    }

    Pester\It 'asks for a restart when one is what is missing' {
        $Fake.obstacles = @(@{ code = 'sysprep.pending-reboot'; message = 'x' })
        (Get-ScriptResult -Name 'sysprep.ps1' -Parameter $wanted).rebootRequired | Pester\Should -BeTrue
    }

    Pester\It 'finds an answer file that is missing' {
        Remove-Item -LiteralPath $unattend
        @((Get-ScriptResult -Name 'sysprep.ps1' -Parameter $wanted).after.obstacles)[0].code | Pester\Should -Be 'sysprep.unattend'
    }

    Pester\It 'names AppX packages that nobody said to remove' {
        $Fake.packages = @(@{ name = 'Microsoft.MicrosoftEdge.Stable'; fullName = 'E_1.0_x64' })
        $result = Get-ScriptResult -Name 'sysprep.ps1' -Parameter $wanted
        $result.after.started | Pester\Should -BeFalse
        @($result.after.obstacles)[0].code | Pester\Should -Be 'sysprep.appx'
        @($result.after.obstacles)[0].message | Pester\Should -BeLike '*E_1.0_x64*'
        Pester\Should -Invoke -CommandName Remove-IngotUserPackage -Times 0 -Exactly
    }

    Pester\It 'removes those that the image file names' {
        $Fake.packages = @(@{ name = 'Microsoft.MicrosoftEdge.Stable'; fullName = 'E_1.0_x64' })
        $wanted.removeAppx = @('Microsoft.MicrosoftEdge.Stable')
        $result = Get-ScriptResult -Name 'sysprep.ps1' -Parameter $wanted
        $result.after.started | Pester\Should -BeTrue
        $result.evidence | Pester\Should -Be @('E_1.0_x64')
    }

    Pester\It 'finds a run that is at work, and starts no second one' {
        [void](Get-ScriptResult -Name 'sysprep.ps1' -Parameter $wanted)
        $Fake.running = $true
        $result = Get-ScriptResult -Name 'sysprep.ps1' -Parameter $wanted
        $result.changed | Pester\Should -BeFalse
        $result.after.started | Pester\Should -BeTrue
        Pester\Should -Invoke -CommandName Start-ScheduledTask -Times 1 -Exactly
    }

    Pester\It 'fails for another run that is at work' {
        [void](Get-ScriptResult -Name 'sysprep.ps1' -Parameter $wanted)
        $Fake.running = $true
        $wanted.run = 'run-2'
        Get-ScriptErrorCode -Name 'sysprep.ps1' -Parameter $wanted | Pester\Should -Be 'sysprep.other-run'
    }

    Pester\It 'only reports with -Test, and needs no password for it' {
        $Fake.obstacles = @(@{ code = 'sysprep.pending-reboot'; message = 'x' })
        $result = Get-ScriptResult -Name 'sysprep.ps1' -Parameter @{ unattend = $unattend } -Test
        $result.rebootRequired | Pester\Should -BeTrue
        @($result.before.obstacles).Count | Pester\Should -Be 1
        foreach ($name in @('Set-LocalUser', 'Register-IngotTask', 'Start-ScheduledTask', 'Remove-IngotUserPackage')) { Pester\Should -Invoke -CommandName $name -Times 0 -Exactly }
    }

    Pester\It 'needs <Name>' -ForEach @(@{ Name = 'run' }, @{ Name = 'password' }) {
        $wanted.Remove($Name)
        Get-ScriptErrorCode -Name 'sysprep.ps1' -Parameter $wanted | Pester\Should -Be 'guest.parameters'
    }
}
