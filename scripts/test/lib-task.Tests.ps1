# lib-task.ps1: scheduled tasks that outlive a session, without a password on any command line.
[CmdletBinding()]
param()

Pester\Describe 'lib-task.ps1' {
    Pester\BeforeAll { . (Join-Path -Path $PSScriptRoot -ChildPath 'harness.ps1') }

    Pester\BeforeEach {
        Initialize-Guest
        Pester\Mock -CommandName New-ScheduledTaskAction -MockWith { return 'action' }
        Pester\Mock -CommandName New-ScheduledTaskSettingsSet -MockWith { return 'settings' }
        Pester\Mock -CommandName New-ScheduledTaskPrincipal -MockWith { return "principal $UserId" }
        Pester\Mock -CommandName Register-ScheduledTask -MockWith { return 'a task, which must not become output' }
    }

    Pester\It 'runs as SYSTEM, by its SID, when there is no password' {
        Invoke-InGuest -Body { Register-IngotTask -Name 'ingot-x' -Script 'C:\a b\x.ps1' -Argument '-Name y' } | Pester\Should -BeNullOrEmpty
        Pester\Should -Invoke -CommandName New-ScheduledTaskPrincipal -Times 1 -Exactly -ParameterFilter { $UserId -eq 'S-1-5-18' -and $RunLevel -eq 'Highest' }
        Pester\Should -Invoke -CommandName Register-ScheduledTask -Times 1 -Exactly -ParameterFilter {
            $TaskName -eq 'ingot-x' -and $Principal -eq 'principal S-1-5-18' -and $Force -and -not $PesterBoundParameters.ContainsKey('Password')
        }
        Pester\Should -Invoke -CommandName New-ScheduledTaskAction -Times 1 -Exactly -ParameterFilter {
            $Execute -like '*powershell.exe' -and $Argument -eq '-NoProfile -NonInteractive -ExecutionPolicy Bypass -File "C:\a b\x.ps1" -Name y'
        }
    }

    Pester\It 'runs as an account with its password, at the highest level' {
        Invoke-InGuest -Body { Register-IngotTask -Name 'ingot-x' -Script 'C:\x.ps1' -User 'HOST\Admin' -Password 'S3cret!' }
        Pester\Should -Invoke -CommandName Register-ScheduledTask -Times 1 -Exactly -ParameterFilter {
            $User -eq 'HOST\Admin' -and $Password -eq 'S3cret!' -and $RunLevel -eq 'Highest' -and -not $PesterBoundParameters.ContainsKey('Principal')
        }
        Pester\Should -Invoke -CommandName New-ScheduledTaskAction -Times 0 -Exactly -ParameterFilter { $Argument -like '*S3cret*' }
    }

    Pester\It 'has no end after three days, does not mind a battery, and is not slowed down' {
        Invoke-InGuest -Body { Register-IngotTask -Name 'ingot-x' -Script 'C:\x.ps1' }
        Pester\Should -Invoke -CommandName New-ScheduledTaskSettingsSet -Times 1 -Exactly -ParameterFilter {
            $ExecutionTimeLimit -eq [TimeSpan]::Zero -and $AllowStartIfOnBatteries -and $DontStopIfGoingOnBatteries -and $MultipleInstances -eq 'IgnoreNew' -and $Priority -eq 4
        }
    }

    Pester\It 'is running when it is <State>: <Expected>' -ForEach @(
        @{ State = 'Running'; Expected = $true }
        @{ State = 'Queued'; Expected = $true }
        @{ State = 'Ready'; Expected = $false }
        @{ State = 'Disabled'; Expected = $false }
    ) {
        Pester\Mock -CommandName Get-ScheduledTask -MockWith { [pscustomobject]@{ State = $State } }
        Test-IngotTaskRunning -Name 'ingot-x' | Pester\Should -Be $Expected
    }

    Pester\It 'is not running when there is none' {
        Pester\Mock -CommandName Get-ScheduledTask -MockWith { return }
        Test-IngotTaskRunning -Name 'ingot-x' | Pester\Should -BeFalse
        Pester\Mock -CommandName Get-ScheduledTask -MockWith { Write-Error -Message 'No MSFT_ScheduledTask objects found' -Category ObjectNotFound -ErrorAction Stop }
        Test-IngotTaskRunning -Name 'ingot-x' | Pester\Should -BeFalse
    }

    Pester\It 'is asked for again when WMI does not answer' {
        $Fake = @{ asked = 0; fails = 2 }
        Pester\Mock -CommandName Get-ScheduledTask -MockWith {
            $Fake.asked++
            if ($Fake.asked -le $Fake.fails) { Write-Error -Message 'The RPC server is unavailable' -Category ConnectionError -ErrorAction Stop }
            [pscustomobject]@{ State = 'Running' }
        }
        Test-IngotTaskRunning -Name 'ingot-x' | Pester\Should -BeTrue
        $Fake = @{ asked = 0; fails = 100 }
        { Test-IngotTaskRunning -Name 'ingot-x' } | Pester\Should -Throw '*RPC server*'
    }
}
