# defender.ps1: exclusions only, read back, since policies and tamper protection drop them without a word.
[CmdletBinding()]
param()

Pester\Describe 'defender.ps1' {
    Pester\BeforeAll { . (Join-Path -Path $PSScriptRoot -ChildPath 'harness.ps1') }

    Pester\BeforeEach {
        Initialize-Guest
        Set-GuestService -Name 'WinDefend'
        $Fake = @{ paths = @('C:\kept'); refuse = $false }
        $wanted = @{ present = @{ paths = @('C:\ProgramData\docker') } }
        Pester\Mock -CommandName Get-MpComputerStatus -MockWith { [pscustomobject]@{ AMServiceEnabled = $true } }
        # Lists that were never set are null.
        Pester\Mock -CommandName Get-MpPreference -MockWith { [pscustomobject]@{ ExclusionPath = $Fake.paths; ExclusionProcess = $null; ExclusionExtension = $null } }
        Pester\Mock -CommandName Add-MpPreference -MockWith { if (-not $Fake.refuse) { $Fake.paths = @($Fake.paths) + @($ExclusionPath) } }
        Pester\Mock -CommandName Remove-MpPreference -MockWith { $Fake.paths = @($Fake.paths | Where-Object -FilterScript { @($ExclusionPath) -notcontains $_ }) }
    }

    Pester\It 'adds what is missing and keeps the rest, once' {
        $result = Get-ScriptResult -Name 'defender.ps1' -Parameter $wanted
        $result.changed | Pester\Should -BeTrue
        @($result.after.paths) | Pester\Should -Be @('C:\kept', 'C:\ProgramData\docker')
        (Get-ScriptResult -Name 'defender.ps1' -Parameter $wanted).changed | Pester\Should -BeFalse
        Pester\Should -Invoke -CommandName Add-MpPreference -Times 1 -Exactly
    }

    Pester\It 'removes what is named' {
        $result = Get-ScriptResult -Name 'defender.ps1' -Parameter @{ absent = @{ paths = @('C:\kept', 'C:\never') } }
        $result.changed | Pester\Should -BeTrue
        @($result.after.paths).Count | Pester\Should -Be 0
    }

    Pester\It 'changes nothing with -Test, and says what it would' {
        $result = Get-ScriptResult -Name 'defender.ps1' -Parameter $wanted -Test
        $result.changed | Pester\Should -BeTrue
        $result.evidence | Pester\Should -Be @('+ paths C:\ProgramData\docker')
        Pester\Should -Invoke -CommandName Add-MpPreference -Times 0 -Exactly
    }

    Pester\It 'tells what can be read back, not what was asked for' {
        $Fake.refuse = $true
        @((Get-ScriptResult -Name 'defender.ps1' -Parameter $wanted).after.paths) | Pester\Should -Be @('C:\kept')
    }

    Pester\It 'fails when a policy hides the lists' {
        $Fake.paths = @('N/A: Administrators are not allowed to view exclusions')
        Get-ScriptErrorCode -Name 'defender.ps1' -Parameter $wanted | Pester\Should -Be 'defender.hidden'
    }

    Pester\It 'has nothing to do without Defender' {
        $Guest.services.Remove('WinDefend')
        $result = Get-ScriptResult -Name 'defender.ps1' -Parameter $wanted
        $result.changed | Pester\Should -BeFalse
        $result.after.present | Pester\Should -BeFalse
    }
}
