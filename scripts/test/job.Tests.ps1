# job.ps1 and lib-job.ps1: a job is started once, found again, followed, and taken when it is over.
[CmdletBinding()]
param()

Pester\Describe 'job.ps1' {
    Pester\BeforeAll {
        . (Join-Path -Path $PSScriptRoot -ChildPath 'harness.ps1')

        # The state file of a job that began some seconds ago.
        function Set-JobState {
            param([string]$Id = 'id-1', [string]$BootTime = 'boot 1', [int]$Age = 0)
            $started = [DateTime]::UtcNow.AddSeconds(-$Age).ToString('o', [Globalization.CultureInfo]::InvariantCulture)
            $json = ConvertTo-Json -Compress -InputObject @{ id = $Id; script = 'windows-updates.ps1'; test = $false; bootTime = $BootTime; started = $started }
            return Set-GuestFile -Path 'ProgramData\ingot\jobs\updates\state.json' -Text $json
        }

        $start = @{ action = 'start'; name = 'updates'; id = 'id-1'; script = 'windows-updates.ps1'; parameters = @{ maximum = 5 } }
        $jobs = 'ProgramData\ingot\jobs\updates'
    }

    Pester\BeforeEach {
        Initialize-Guest
        $Job = @{ running = $false; boot = 'boot 1'; parameters = '' }
        Pester\Mock -CommandName Get-IngotBootTime -MockWith { return $Job.boot }
        Pester\Mock -CommandName Test-IngotTaskRunning -MockWith { return $Job.running }
        Pester\Mock -CommandName Register-IngotTask -MockWith { return }
        Pester\Mock -CommandName Unregister-ScheduledTask -MockWith { return }
        Pester\Mock -CommandName Get-ScheduledTaskInfo -MockWith { [pscustomobject]@{ LastTaskResult = [uint32]3221225786 } }
        # A job that ends at once.
        Pester\Mock -CommandName Start-ScheduledTask -MockWith {
            $Job.parameters = [System.IO.File]::ReadAllText((Join-Path -Path $Guest.root -ChildPath ($jobs + '\parameters.json')))
            [void](Set-GuestFile -Path ($jobs + '\log.txt') -Text ('one' + "`n" + '##ingot:result {"a":1}' + "`n"))
            [void](Set-GuestFile -Path ($jobs + '\result.json') -Text '{"exitCode":0,"stderr":""}')
        }
    }

    Pester\It 'starts the job as a task, follows its log and tells its end' {
        $run = Invoke-Script -Name 'job.ps1' -Parameter $start
        $run.error | Pester\Should -BeNullOrEmpty
        $run.result.state | Pester\Should -Be 'ended'
        $run.result.exitCode | Pester\Should -Be 0
        $run.log | Pester\Should -Contain '##ingot:job {"began":"started"}'
        $lines = @($run.log | Where-Object -FilterScript { $_ -like '*"line"*' } | ForEach-Object -Process { ConvertFrom-Json -InputObject ($_ -replace '^##ingot:job ') })
        @($lines | ForEach-Object -Process { $_.line }) | Pester\Should -Be @('one', '##ingot:result {"a":1}')
        @($lines | ForEach-Object -Process { $_.at }) | Pester\Should -Be @(4, 27)
        Pester\Should -Invoke -CommandName Register-IngotTask -Times 1 -Exactly -ParameterFilter { $Name -eq 'ingot-job-updates' -and $Script -like '*job-task.ps1' -and $Argument -eq '-Name updates' }
        $given = [System.Text.Encoding]::UTF8.GetString([Convert]::FromBase64String($Job.parameters.Trim()))
        (ConvertFrom-Json -InputObject $given).maximum | Pester\Should -Be 5
    }

    Pester\It 'finds a job of the same id that has ended, and does not start it again' {
        [void](Invoke-Script -Name 'job.ps1' -Parameter $start)
        $run = Invoke-Script -Name 'job.ps1' -Parameter $start
        $run.log | Pester\Should -Contain '##ingot:job {"began":"found"}'
        $run.result.state | Pester\Should -Be 'ended'
        Pester\Should -Invoke -CommandName Start-ScheduledTask -Times 1 -Exactly
    }

    Pester\It 'tells only what lies behind the offset' {
        [void](Invoke-Script -Name 'job.ps1' -Parameter $start)
        $run = Invoke-Script -Name 'job.ps1' -Parameter @{ action = 'watch'; name = 'updates'; id = 'id-1'; offset = 4 }
        @($run.log).Count | Pester\Should -Be 1
        $run.log[0] | Pester\Should -BeLike '*"at":27*'
    }

    Pester\It 'leaves another job that is at work alone' {
        [void](Set-JobState -Id 'id-0')
        $Job.running = $true
        $run = Invoke-Script -Name 'job.ps1' -Parameter $start
        $run.result.state | Pester\Should -Be 'other'
        $run.result.id | Pester\Should -Be 'id-0'
        Pester\Should -Invoke -CommandName Start-ScheduledTask -Times 0 -Exactly
        Pester\Should -Invoke -CommandName Unregister-ScheduledTask -Times 0 -Exactly
    }

    Pester\It 'starts anew in the place of a job that died' {
        [void](Set-JobState -Id 'id-0' -Age 60)
        (Invoke-Script -Name 'job.ps1' -Parameter $start).log | Pester\Should -Contain '##ingot:job {"began":"started"}'
    }

    Pester\It 'tells that Windows restarted under the job' {
        [void](Set-JobState -BootTime 'boot 0')
        $result = (Invoke-Script -Name 'job.ps1' -Parameter @{ action = 'watch'; name = 'updates'; id = 'id-1' }).result
        $result.state | Pester\Should -Be 'restarted'
        $result.previousBootTime | Pester\Should -Be 'boot 0'
        $result.bootTime | Pester\Should -Be 'boot 1'
    }

    Pester\It 'tells that the task died, with its code in the form that is looked up' {
        [void](Set-JobState -Age 60)
        $result = (Invoke-Script -Name 'job.ps1' -Parameter @{ action = 'watch'; name = 'updates'; id = 'id-1' }).result
        $result.state | Pester\Should -Be 'died'
        $result.taskResult | Pester\Should -BeExactly '0xC000013A'
    }

    Pester\It 'tells that there is no job' {
        (Invoke-Script -Name 'job.ps1' -Parameter @{ action = 'watch'; name = 'updates'; id = 'id-1' }).result.state | Pester\Should -Be 'none'
    }

    Pester\It 'takes a job that is over, with its files and its task' {
        [void](Invoke-Script -Name 'job.ps1' -Parameter $start)
        (Invoke-Script -Name 'job.ps1' -Parameter @{ action = 'take'; name = 'updates'; id = 'id-1' }).result.taken | Pester\Should -BeTrue
        Test-Path -LiteralPath (Join-Path -Path $Guest.root -ChildPath $jobs) | Pester\Should -BeFalse
    }

    Pester\It 'does not take a job that is at work, nor another one' {
        [void](Set-JobState)
        (Invoke-Script -Name 'job.ps1' -Parameter @{ action = 'take'; name = 'updates'; id = 'id-2' }).result.taken | Pester\Should -BeFalse
        $Job.running = $true
        (Invoke-Script -Name 'job.ps1' -Parameter @{ action = 'take'; name = 'updates'; id = 'id-1' }).result.taken | Pester\Should -BeFalse
    }

    Pester\It 'leaves no parameters behind when the task cannot be started' {
        Pester\Mock -CommandName Start-ScheduledTask -MockWith { throw 'refused' }
        (Invoke-Script -Name 'job.ps1' -Parameter $start).error.message | Pester\Should -Be 'refused'
        Test-Path -LiteralPath (Join-Path -Path $Guest.root -ChildPath $jobs) | Pester\Should -BeFalse
    }

    Pester\It 'refuses <Reason>' -ForEach @(
        @{ Reason = 'a name that leaves the folder'; Change = @{ name = '..\x' } }
        @{ Reason = 'a script that is no name'; Change = @{ script = 'C:\x.ps1' } }
        @{ Reason = 'another action'; Change = @{ action = 'stop' } }
        @{ Reason = 'a job without an id'; Change = @{ id = '' } }
    ) {
        $parameter = $start.Clone()
        foreach ($name in $Change.Keys) { $parameter[$name] = $Change[$name] }
        Get-ScriptErrorCode -Name 'job.ps1' -Parameter $parameter | Pester\Should -Be 'guest.parameters'
        Pester\Should -Invoke -CommandName Start-ScheduledTask -Times 0 -Exactly
    }
}
