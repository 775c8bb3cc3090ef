# lib-archive.ps1: nothing is unpacked whose SHA-256 is not the one of the image file.
[CmdletBinding()]
param()

Pester\Describe 'lib-archive.ps1' {
    Pester\BeforeAll {
        . (Join-Path -Path $PSScriptRoot -ChildPath 'harness.ps1')
        # SHA-256 of the text "abc" (FIPS 180-2, appendix B.1).
        $digest = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
    }

    Pester\BeforeEach {
        Initialize-Guest
        Pester\Mock -CommandName Write-IngotLog -MockWith { return }
        Pester\Mock -CommandName Invoke-WebRequest -MockWith { [System.IO.File]::WriteAllText($OutFile, 'abc') }
        $destination = Join-Path -Path $Guest.root -ChildPath 'archive.zip'
    }

    Pester\It 'takes an uploaded archive without asking the network' {
        $path = Set-GuestFile -Path 'upload.zip' -Text 'abc'
        Get-IngotArchive -Path $path -Url '' -Digest $digest -Destination $destination | Pester\Should -Be $path
        Pester\Should -Invoke -CommandName Invoke-WebRequest -Times 0 -Exactly
    }

    Pester\It 'downloads it otherwise, without the engine of Internet Explorer and with TLS 1.2' {
        Get-IngotArchive -Path '' -Url 'https://example.com/a.zip' -Digest $digest.ToUpperInvariant() -Destination $destination | Pester\Should -Be $destination
        Pester\Should -Invoke -CommandName Invoke-WebRequest -Times 1 -Exactly -ParameterFilter { $Uri -eq 'https://example.com/a.zip' -and $UseBasicParsing -and $OutFile -eq $destination }
        ([Net.ServicePointManager]::SecurityProtocol -band [Net.SecurityProtocolType]::Tls12) | Pester\Should -Be ([Net.SecurityProtocolType]::Tls12)
    }

    Pester\It 'goes through a proxy where there is one' {
        [void](Get-IngotArchive -Path '' -Url 'https://example.com/a.zip' -Digest $digest -Destination $destination -Proxy 'http://proxy:3128')
        Pester\Should -Invoke -CommandName Invoke-WebRequest -Times 1 -Exactly -ParameterFilter { $Proxy -eq 'http://proxy:3128' }
    }

    Pester\It 'refuses another digest, and says both' {
        $path = Set-GuestFile -Path 'upload.zip' -Text 'abd'
        $failure = { Get-IngotArchive -Path $path -Url '' -Digest $digest -Destination $destination } | Pester\Should -Throw -PassThru
        $failure.Exception.Data['ingot.code'] | Pester\Should -Be 'guest.digest'
        $failure.Exception.Message | Pester\Should -BeLike "Expected the SHA-256 $digest for *upload.zip, found a52d159f262b2c6ddb724a61840befc36eb30c88877a4030b65cbe86298449c9."
    }

    Pester\It 'checks what was downloaded as well' {
        Pester\Mock -CommandName Invoke-WebRequest -MockWith { [System.IO.File]::WriteAllText($OutFile, '<html>log in first</html>') }
        $failure = { Get-IngotArchive -Path '' -Url 'https://example.com/a.zip' -Digest $digest -Destination $destination } | Pester\Should -Throw -PassThru
        $failure.Exception.Data['ingot.code'] | Pester\Should -Be 'guest.digest'
    }

    Pester\It 'tells of a download that failed, and of an archive that is not there' {
        Pester\Mock -CommandName Invoke-WebRequest -MockWith { throw '404' }
        $failure = { Get-IngotArchive -Path '' -Url 'https://example.com/a.zip' -Digest $digest -Destination $destination } | Pester\Should -Throw -PassThru
        $failure.Exception.Data['ingot.code'] | Pester\Should -Be 'guest.download'
        $failure = { Get-IngotArchive -Path ($destination + '.missing') -Url '' -Digest $digest -Destination $destination } | Pester\Should -Throw -PassThru
        $failure.Exception.Data['ingot.code'] | Pester\Should -Be 'guest.no-archive'
    }
}
