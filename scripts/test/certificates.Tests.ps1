# certificates.ps1: certificates by their thumbprint, put into the stores of the computer.
[CmdletBinding()]
param()

Pester\Describe 'certificates.ps1' {
    Pester\BeforeAll {
        . (Join-Path -Path $PSScriptRoot -ChildPath 'harness.ps1')
        # The functions of the script, to be mocked: they write to the real stores.
        . ([scriptblock]::Create((Get-ScriptFunctionText -Name 'certificates.ps1')))
        $thumbprint = 'A' * 40
        $asked = @{ certificates = @(@{ store = 'Root'; thumbprint = $thumbprint; der = 'MAA=' }) }
    }

    Pester\BeforeEach {
        Initialize-Guest
        $Fake = @{ there = @() }
        Pester\Mock -CommandName Get-StoreCertificate -MockWith { @{ store = $Store; thumbprint = $Thumbprint; present = ($Fake.there -contains "$Store $Thumbprint"); sha256 = ''; subject = ''; notAfter = '' } }
        Pester\Mock -CommandName Add-StoreCertificate -MockWith { $Fake.there += @("$Store $Thumbprint") }
    }

    Pester\It 'adds what is missing, once' {
        $result = Get-ScriptResult -Name 'certificates.ps1' -Parameter $asked
        $result.changed | Pester\Should -BeTrue
        @($result.after)[0].present | Pester\Should -BeTrue
        (Get-ScriptResult -Name 'certificates.ps1' -Parameter $asked).changed | Pester\Should -BeFalse
        Pester\Should -Invoke -CommandName Add-StoreCertificate -Times 1 -Exactly
    }

    Pester\It 'changes nothing with -Test, and says what it would' {
        $result = Get-ScriptResult -Name 'certificates.ps1' -Parameter $asked -Test
        $result.changed | Pester\Should -BeTrue
        $result.evidence | Pester\Should -Be @("Root: $thumbprint")
        Pester\Should -Invoke -CommandName Add-StoreCertificate -Times 0 -Exactly
    }

    Pester\It 'refuses <Reason>, before it adds any' -ForEach @(
        @{ Reason = 'another store'; Certificate = @{ store = 'My'; thumbprint = ('A' * 40); der = 'MAA=' } }
        @{ Reason = 'a thumbprint in lower case'; Certificate = @{ store = 'Root'; thumbprint = ('a' * 40); der = 'MAA=' } }
        @{ Reason = 'a path for a thumbprint'; Certificate = @{ store = 'Root'; thumbprint = '..\My\x'; der = 'MAA=' } }
    ) {
        Get-ScriptErrorCode -Name 'certificates.ps1' -Parameter @{ certificates = @($asked.certificates[0], $Certificate) } | Pester\Should -Be 'guest.parameters'
        Pester\Should -Invoke -CommandName Add-StoreCertificate -Times 0 -Exactly
    }
}
