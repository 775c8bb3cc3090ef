# scripts-folder.ps1: what lies in a folder that others could write to is not run.
[CmdletBinding()]
param()

Pester\Describe 'scripts-folder.ps1' {
    Pester\BeforeAll { . (Join-Path -Path $PSScriptRoot -ChildPath 'harness.ps1') }

    Pester\BeforeEach {
        Initialize-Guest
        $Fake = @{ private = $false }
        $script = Set-GuestFile -Path 'ProgramData\ingot\scripts\state.ps1' -Text 'from somebody else'
        Pester\Mock -CommandName Test-IngotFolderPrivate -MockWith { return $Fake.private }
        Pester\Mock -CommandName Initialize-IngotFolder -MockWith {
            if ($Path) { [void](New-Item -Path $Path -ItemType Directory -Force) }
            $Fake.private = $true
        }
    }

    Pester\It 'takes the folder for itself and empties it' {
        $result = Get-ScriptResult -Name 'scripts-folder.ps1'
        $result.changed | Pester\Should -BeTrue
        $result.after.private | Pester\Should -BeTrue
        Test-Path -LiteralPath $script | Pester\Should -BeFalse
        (Get-ScriptResult -Name 'scripts-folder.ps1').changed | Pester\Should -BeFalse
    }

    Pester\It 'leaves a folder of its own alone' {
        $Fake.private = $true
        (Get-ScriptResult -Name 'scripts-folder.ps1').changed | Pester\Should -BeFalse
        Test-Path -LiteralPath $script | Pester\Should -BeTrue
    }

    Pester\It 'changes nothing with -Test, and says that it would' {
        (Get-ScriptResult -Name 'scripts-folder.ps1' -Test).changed | Pester\Should -BeTrue
        Test-Path -LiteralPath $script | Pester\Should -BeTrue
        Pester\Should -Invoke -CommandName Initialize-IngotFolder -Times 0 -Exactly
    }
}
