# file-digest.ps1: size and SHA-256 of files, also of those that are still written.
[CmdletBinding()]
param()

Pester\Describe 'file-digest.ps1' {
    Pester\BeforeAll { . (Join-Path -Path $PSScriptRoot -ChildPath 'harness.ps1') }
    Pester\BeforeEach { Initialize-Guest }

    Pester\It 'tells both, and leaves out what is not there' {
        $path = Set-GuestFile -Path 'a b.txt' -Text 'abc'
        $files = @((Get-ScriptResult -Name 'file-digest.ps1' -Parameter @{ paths = @($path, ($path + '.missing')) }).files)
        $files.Count | Pester\Should -Be 1
        $files[0].path | Pester\Should -BeExactly $path
        $files[0].size | Pester\Should -Be 3
        # FIPS 180-2, appendix B.1.
        $files[0].sha256 | Pester\Should -BeExactly 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
    }

    Pester\It 'reads a file that another program writes' {
        $path = Set-GuestFile -Path 'a.log' -Text 'abc'
        $stream = [System.IO.File]::Open($path, 'Open', 'ReadWrite', 'ReadWrite, Delete')
        try { @((Get-ScriptResult -Name 'file-digest.ps1' -Parameter @{ paths = @($path) }).files)[0].size | Pester\Should -Be 3 }
        finally { $stream.Dispose() }
    }

    Pester\It 'tells nothing of nothing' { @((Get-ScriptResult -Name 'file-digest.ps1').files).Count | Pester\Should -Be 0 }
}
