# lib-job.ps1: where a job keeps what; the states of jobs are in job.Tests.ps1.
[CmdletBinding()]
param()

Pester\Describe 'lib-job.ps1' {
    Pester\BeforeAll { . (Join-Path -Path $PSScriptRoot -ChildPath 'harness.ps1') }
    Pester\BeforeEach { Initialize-Guest }

    Pester\It 'keeps each job in a folder of its own, with a task of its own' {
        $a, $b = (Get-IngotJobPath -Name 'updates'), (Get-IngotJobPath -Name 'features')
        $a.folder | Pester\Should -Not -Be $b.folder
        $a.task | Pester\Should -BeExactly 'ingot-job-updates'
        foreach ($file in @('parameters', 'state', 'log', 'result')) { Split-Path -Path $a[$file] -Parent | Pester\Should -Be $a.folder }
    }

    Pester\It 'refuses the name <Text>, which would become part of a path and of a command line' -ForEach @(
        @{ Text = '..' }, @{ Text = 'a b' }, @{ Text = 'A' }, @{ Text = 'a"b' }, @{ Text = 'a\b' }, @{ Text = ('a' * 61) }
    ) {
        $failure = { Get-IngotJobPath -Name $Text } | Pester\Should -Throw -PassThru
        $failure.Exception.Data['ingot.code'] | Pester\Should -Be 'guest.parameters'
    }

    Pester\It 'takes a file that is half written for none' {
        $path = Set-GuestFile -Path 'state.json' -Text '{"id":"x",'
        Read-IngotJobFile -Path $path | Pester\Should -BeNullOrEmpty
        Read-IngotJobFile -Path ($path + '.missing') | Pester\Should -BeNullOrEmpty
        [System.IO.File]::WriteAllText($path, '{"id":"x"}')
        (Read-IngotJobFile -Path $path).id | Pester\Should -Be 'x'
    }
}
