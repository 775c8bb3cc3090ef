# job-task.ps1: what runs a job, keeps its log and leaves its exit code.
[CmdletBinding()]
param()

Pester\Describe 'job-task.ps1' {
    Pester\BeforeAll {
        . (Join-Path -Path $PSScriptRoot -ChildPath 'harness.ps1')
        . ([scriptblock]::Create((Get-ScriptFunctionText -Name 'job-task.ps1')))
        $jobs = 'ProgramData\ingot\jobs\updates'
    }

    Pester\BeforeEach {
        Initialize-Guest
        $Fake = @{ reports = @(); given = ''; there = $true; fail = $false; code = 3 }
        [void](Set-GuestFile -Path "$jobs\state.json" -Text '{"id":"id-1","script":"windows-updates.ps1","test":false,"bootTime":"boot 1","started":"now"}')
        $parameters = Set-GuestFile -Path "$jobs\parameters.json" -Text "eyJhIjoxfQ==`n"
        $result = Join-Path -Path $Guest.root -ChildPath "$jobs\result.json"
        Pester\Mock -CommandName Publish-IngotReport -MockWith { $Fake.reports += @($Value.Clone()); return $true }
        Pester\Mock -CommandName Invoke-JobScript -MockWith {
            $Fake.given = [System.Text.Encoding]::UTF8.GetString($Parameter)
            $Fake.there = Test-Path -LiteralPath $parameters
            if ($Fake.fail) { throw 'powershell.exe is missing' }
            return @{ exitCode = $Fake.code; stderr = 'noise' }
        }
    }

    Pester\It 'gives the script its parameters, whose file is gone by then' {
        [void](Invoke-Script -Name 'job-task.ps1' -Argument @{ Name = 'updates' })
        $Fake.given | Pester\Should -BeExactly "eyJhIjoxfQ==`n"
        $Fake.there | Pester\Should -BeFalse
    }

    Pester\It 'leaves the exit code, and tells beginning and end' {
        [void](Invoke-Script -Name 'job-task.ps1' -Argument @{ Name = 'updates' })
        $end = ConvertFrom-Json -InputObject ([System.IO.File]::ReadAllText($result))
        $end.exitCode | Pester\Should -Be 3
        $end.stderr | Pester\Should -Be 'noise'
        @($Fake.reports | ForEach-Object -Process { $_.state }) | Pester\Should -Be @('running', 'ended')
        @($Fake.reports | ForEach-Object -Process { $_.id } | Sort-Object -Unique) | Pester\Should -Be @('id-1')
    }

    Pester\It 'leaves a result also when the script could not be started' {
        $Fake.fail = $true
        [void](Invoke-Script -Name 'job-task.ps1' -Argument @{ Name = 'updates' })
        (ConvertFrom-Json -InputObject ([System.IO.File]::ReadAllText($result))).exitCode | Pester\Should -Be 1
        [System.IO.File]::ReadAllText((Join-Path -Path $Guest.root -ChildPath "$jobs\log.txt")) | Pester\Should -BeLike '##ingot:error {*powershell.exe is missing*'
    }

    Pester\It 'leaves no result when a shutdown of Windows ended the script with <Code>' -ForEach @(@{ Code = -1073741510 }, @{ Code = 1073807364 }) {
        $Fake.code = $Code
        (Invoke-Script -Name 'job-task.ps1' -Argument @{ Name = 'updates' }).exitCode | Pester\Should -Be $Code
        Test-Path -LiteralPath $result | Pester\Should -BeFalse
        @($Fake.reports | ForEach-Object -Process { $_.state }) | Pester\Should -Be @('running')
    }

    Pester\It 'goes on when nothing can be told over guestinfo' {
        Pester\Mock -CommandName Publish-IngotReport -MockWith { throw 'no VMware Tools' }
        [void](Invoke-Script -Name 'job-task.ps1' -Argument @{ Name = 'updates' })
        Test-Path -LiteralPath $result | Pester\Should -BeTrue
    }

    Pester\It 'does nothing without a job' {
        Remove-Item -LiteralPath (Join-Path -Path $Guest.root -ChildPath $jobs) -Recurse
        (Invoke-Script -Name 'job-task.ps1' -Argument @{ Name = 'updates' }).exitCode | Pester\Should -Be 1
        Pester\Should -Invoke -CommandName Invoke-JobScript -Times 0 -Exactly
    }
}
