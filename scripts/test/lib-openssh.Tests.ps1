# lib-openssh.ps1: the first source that works, in the order of the image file; the others are told with their codes.
[CmdletBinding()]
param()

Pester\Describe 'lib-openssh.ps1' {
    Pester\BeforeAll {
        . (Join-Path -Path $PSScriptRoot -ChildPath 'harness.ps1')
        # Of bootstrap.ps1.
        function Write-BootstrapLog {
            param([string]$Message)
            $Fake.log += @($Message)
        }

        # openssh of bootstrap.json.
        function Install-FromSource {
            param([Parameter(Mandatory = $true)][string[]]$Source)
            $json = ConvertTo-Json -InputObject @{ sources = @($Source); featuresOnDemand = @{ folder = 'fod' }; archive = @{ name = 'OpenSSH-Win64.zip'; sha256 = $digest } }
            return Invoke-InGuest -Body { Install-IngotOpenSsh -Parameter (ConvertFrom-Json -InputObject $json) -DiscRoot (Join-Path -Path $Guest.root -ChildPath 'disc') }
        }
    }

    Pester\BeforeEach {
        Initialize-Guest
        $Fake = @{ log = @(); failures = @(); tries = 0 }
        # Fails as long as there are failures to give.
        Pester\Mock -CommandName Add-WindowsCapability -MockWith {
            $Fake.tries++
            if ($Fake.failures.Count -ge $Fake.tries) { throw (New-Object -TypeName System.Runtime.InteropServices.COMException -ArgumentList 'refused', $Fake.failures[$Fake.tries - 1]) }
            Set-GuestService -Name 'sshd' -Status 'Stopped' -StartType 'Manual'
        }
        [void](Set-GuestFile -Path 'disc\fod\OpenSSH-Server-Package~31bf3856ad364e35~amd64~~.cab')
        [void](Set-GuestFile -Path 'zip\OpenSSH-Win64\install-sshd.ps1' -Text 'x')
        [void](Set-GuestFile -Path 'zip\OpenSSH-Win64\sshd.exe' -Text 'x')
        $archive = Join-Path -Path $Guest.root -ChildPath 'disc\OpenSSH-Win64.zip'
        Compress-Archive -Path (Join-Path -Path $Guest.root -ChildPath 'zip\OpenSSH-Win64') -DestinationPath $archive
        $digest = (Get-FileHash -LiteralPath $archive -Algorithm SHA256).Hash
        $Guest.answers['powershell.exe'] = { Set-GuestService -Name 'sshd' -Status 'Stopped' -StartType 'Manual'; @{ exitCode = 0 } }
    }

    Pester\It 'installs nothing where sshd is there already, as on 2025' {
        Set-GuestService -Name 'sshd'
        (Install-FromSource -Source 'capability').source | Pester\Should -Be 'present'
        $Fake.tries | Pester\Should -Be 0
    }

    Pester\It 'takes the first source that works' {
        $found = Install-FromSource -Source 'capability', 'archive'
        $found.source | Pester\Should -Be 'capability'
        @($found.skipped).Count | Pester\Should -Be 0
        $Guest.native.Count | Pester\Should -Be 0
    }

    Pester\It 'goes on to the next source, and tells the code of the first: WSUS in the way' {
        # 0x800f0954
        $Fake.failures = @(-2146498220)
        $found = Install-FromSource -Source 'capability', 'archive'
        $found.source | Pester\Should -Be 'archive'
        @($found.skipped)[0].code | Pester\Should -BeExactly '0x800f0954'
        $Fake.tries | Pester\Should -Be 1
    }

    Pester\It 'tries again while a name cannot be resolved' {
        # 0x80072ee7
        $Fake.failures = @(-2147012889, -2147012889)
        (Install-FromSource -Source 'capability').source | Pester\Should -Be 'capability'
        $Fake.tries | Pester\Should -Be 3
        Pester\Should -Invoke -CommandName Start-Sleep -Times 2 -Exactly
    }

    Pester\It 'asks nobody else when the packages lie on the disc' {
        (Install-FromSource -Source 'features-on-demand').source | Pester\Should -Be 'features-on-demand'
        Pester\Should -Invoke -CommandName Add-WindowsCapability -Times 1 -Exactly -ParameterFilter { $LimitAccess -and $Source -like '*fod' }
    }

    Pester\It 'unpacks the archive to where it stays, and leaves nothing else of it' {
        [void](Install-FromSource -Source 'archive')
        Test-Path -LiteralPath (Join-Path -Path $Guest.root -ChildPath 'ProgramFiles\OpenSSH\sshd.exe') | Pester\Should -BeTrue
        Test-Path -LiteralPath (Join-Path -Path $Guest.root -ChildPath 'ProgramData\ingot\openssh') | Pester\Should -BeFalse
    }

    Pester\It 'runs nothing of an archive with another digest' {
        $digest = 'a' * 64
        $failure = { Install-FromSource -Source 'archive' } | Pester\Should -Throw -PassThru
        $failure.Exception.Data['ingot.code'] | Pester\Should -Be 'openssh.sources'
        $Guest.native.Count | Pester\Should -Be 0
        $Fake.log -join "`n" | Pester\Should -BeLike '*guest.digest*'
    }

    Pester\It 'does not take an installation without a service for one' {
        $Guest.answers['powershell.exe'] = { @{ exitCode = 0 } }
        { Install-FromSource -Source 'archive' } | Pester\Should -Throw -ExpectedMessage '*none works*'
        $Fake.log -join "`n" | Pester\Should -BeLike '*openssh.no-service*'
    }
}
