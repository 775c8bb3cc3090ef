# cleanup.ps1: what goes, what stays, and a component store that waits for a restart.
[CmdletBinding()]
param()

Pester\Describe 'cleanup.ps1' {
    Pester\BeforeAll { . (Join-Path -Path $PSScriptRoot -ChildPath 'harness.ps1') }

    Pester\BeforeEach {
        Initialize-Guest
        $Fake = @{ free = [int64]1000; pending = @() }
        Set-GuestService -Name 'wuauserv'
        $Guest.answers['dism.exe'] = { @{ exitCode = 0; output = 'done' } }
        Pester\Mock -CommandName Get-CimInstance -MockWith {
            if ($ClassName -eq 'Win32_UserProfile') { [pscustomobject]@{ LocalPath = (Join-Path -Path $Guest.root -ChildPath 'Users\Administrator') } }
            else { [pscustomobject]@{ FreeSpace = $Fake.free } }
        }
        Pester\Mock -CommandName Get-PendingReboot -MockWith { $Fake.pending }
        Pester\Mock -CommandName Optimize-Volume -MockWith { return }
        Pester\Mock -CommandName Get-WinEvent -MockWith { return }
        Pester\Mock -CommandName Stop-Service -MockWith { return }
        $gone = @(
            (Set-GuestFile -Path 'Windows\Temp\a.tmp' -Text 'x')
            (Set-GuestFile -Path 'Windows\Temp\folder\b.tmp' -Text 'xyz')
            (Set-GuestFile -Path 'Users\Administrator\AppData\Local\Temp\c.tmp')
            (Set-GuestFile -Path 'Windows\SoftwareDistribution\Download\d.cab')
            (Set-GuestFile -Path 'Windows\Logs\CBS\CbsPersist_1.cab')
            (Set-GuestFile -Path 'Windows\MEMORY.DMP')
        )
        $kept = @(
            (Set-GuestFile -Path 'Windows\Logs\CBS\CBS.log')
            (Set-GuestFile -Path 'Windows\Panther\setupact.log')
            (Set-GuestFile -Path 'Windows\SoftwareDistribution\DataStore\x.edb')
            (Set-GuestFile -Path 'Users\Administrator\.ssh\config')
        )
    }

    Pester\It 'removes temporary files, caches and dumps, and keeps what tells how the image came about' {
        $result = Get-ScriptResult -Name 'cleanup.ps1'
        $result.changed | Pester\Should -BeTrue
        foreach ($path in $gone) { Test-Path -LiteralPath $path | Pester\Should -BeFalse -Because $path }
        foreach ($path in $kept) { Test-Path -LiteralPath $path | Pester\Should -BeTrue -Because $path }
        @($result.after.places).Count | Pester\Should -Be 0
    }

    Pester\It 'removes nothing with -Test, and says what it would' {
        $result = Get-ScriptResult -Name 'cleanup.ps1' -Test
        $result.changed | Pester\Should -BeTrue
        $temp = @($result.before.places | Where-Object -FilterScript { $_.folder -like '*Windows?Temp' })
        $temp[0].bytes | Pester\Should -Be 4
        foreach ($path in $gone) { Test-Path -LiteralPath $path | Pester\Should -BeTrue -Because $path }
        $Guest.native.Count | Pester\Should -Be 0
        Pester\Should -Invoke -CommandName Stop-Service -Times 0 -Exactly
    }

    Pester\It 'gives up the way back to older updates only when it is asked to' {
        [void](Get-ScriptResult -Name 'cleanup.ps1')
        $Guest.native[0].arguments | Pester\Should -Not -Contain '/ResetBase'
        [void](Get-ScriptResult -Name 'cleanup.ps1' -Parameter @{ componentStore = 'reset-base' })
        $Guest.native[1].arguments | Pester\Should -Contain '/ResetBase'
    }

    Pester\It 'leaves the component store for after a restart that is pending' {
        $Fake.pending = @('CBS\RebootPending')
        $result = Get-ScriptResult -Name 'cleanup.ps1'
        $result.rebootRequired | Pester\Should -BeTrue
        $Guest.native.Count | Pester\Should -Be 0
        Pester\Should -Invoke -CommandName Optimize-Volume -Times 0 -Exactly
    }

    Pester\It 'takes <ExitCode> of DISM for: a restart first' -ForEach @(@{ ExitCode = 3010 }, @{ ExitCode = -2146498554 }) {
        $Guest.answers['dism.exe'] = { @{ exitCode = $ExitCode } }
        (Get-ScriptResult -Name 'cleanup.ps1').rebootRequired | Pester\Should -BeTrue
    }

    Pester\It 'fails with the code of DISM otherwise' {
        $Guest.answers['dism.exe'] = { @{ exitCode = -2146498529; output = 'the source files could not be found' } }
        Get-ScriptErrorCode -Name 'cleanup.ps1' | Pester\Should -Be 'servicing.0x800f081f'
    }

    Pester\It 'does not fail on a disk that cannot be trimmed' {
        Pester\Mock -CommandName Optimize-Volume -MockWith { throw 'not supported' }
        $result = Get-ScriptResult -Name 'cleanup.ps1'
        @($result.evidence)[-1] | Pester\Should -BeLike '*not trimmed: not supported*'
    }

    Pester\It 'leaves the component store alone where it is told to' {
        [void](Get-ScriptResult -Name 'cleanup.ps1' -Parameter @{ componentStore = 'none'; retrim = $false })
        $Guest.native.Count | Pester\Should -Be 0
        Pester\Should -Invoke -CommandName Optimize-Volume -Times 0 -Exactly
    }

    Pester\It 'refuses another word' { Get-ScriptErrorCode -Name 'cleanup.ps1' -Parameter @{ componentStore = 'all' } | Pester\Should -Be 'guest.parameters' }
}
