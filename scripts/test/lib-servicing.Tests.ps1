# lib-servicing.ps1: the codes of servicing, which Server Manager has in its words only.
[CmdletBinding()]
param()

Pester\Describe 'lib-servicing.ps1' {
    Pester\BeforeAll { . (Join-Path -Path $PSScriptRoot -ChildPath 'harness.ps1') }
    Pester\BeforeEach { Initialize-Guest }

    Pester\It 'finds <Code> in <Kind>' -ForEach @(
        @{ Kind = 'words'; Code = 'servicing.0x800f0954'; Body = { throw 'Add-WindowsCapability failed. Error code = 0x800F0954' } }
        @{ Kind = 'a COM failure'; Code = 'servicing.0x80080005'; Body = { throw (New-Object -TypeName System.Runtime.InteropServices.COMException -ArgumentList 'no words', -2146959355) } }
        @{ Kind = 'a refusal'; Code = 'servicing.0x80070005'; Body = { throw (New-Object -TypeName System.UnauthorizedAccessException) } }
    ) {
        $failure = { Invoke-IngotServicing -What 'x' -Body $Body } | Pester\Should -Throw -PassThru
        $failure.Exception.Data['ingot.code'] | Pester\Should -Be $Code
    }

    Pester\It 'leaves other failures, and those that have a code of ours, as they are' {
        { Invoke-IngotServicing -What 'x' -Body { throw 'something else' } } | Pester\Should -Throw -ExpectedMessage 'something else'
        $failure = { Invoke-IngotServicing -What 'x' -Body { Stop-Ingot -Code 'a.b' -Message 'found 0x800F0954' } } | Pester\Should -Throw -PassThru
        $failure.Exception.Data['ingot.code'] | Pester\Should -Be 'a.b'
    }

    Pester\It 'waits for servicing to end, and not for ever' {
        $Fake = @{ looks = 0 }
        Pester\Mock -CommandName Get-ServicingState -MockWith { $Fake.looks++; if ($Fake.looks -lt 3) { return 2 } else { return 0 } }
        Wait-ServicingDone -Minutes 15
        $Fake.looks | Pester\Should -Be 3
        Pester\Mock -CommandName Get-ServicingState -MockWith { return 2 }
        { Wait-ServicingDone -Minutes 0 } | Pester\Should -Throw -ExpectedMessage '*idle within 0 minutes*'
    }
}
