# docker.ps1: an archive with the digest of the image file becomes a service that answers.
[CmdletBinding()]
param()

Pester\Describe 'docker.ps1' {
    Pester\BeforeAll {
        . (Join-Path -Path $PSScriptRoot -ChildPath 'harness.ps1')
        # Those that would look at the machine itself, to be mocked.
        . ([scriptblock]::Create((Get-ScriptFunctionText -Name 'docker.ps1')))
    }

    Pester\BeforeEach {
        Initialize-Guest
        $Fake = @{ feature = 'Installed'; path = $true; outdated = $false; answers = $true }
        # The programs of the archive hold their version as text.
        foreach ($name in @('docker.exe', 'dockerd.exe')) { [void](Set-GuestFile -Path "archive\docker\$name" -Text '20.10.9') }
        $archive = Join-Path -Path $Guest.root -ChildPath 'upload.zip'
        Compress-Archive -Path (Join-Path -Path $Guest.root -ChildPath 'archive\docker') -DestinationPath $archive
        $digest = (Get-FileHash -LiteralPath $archive -Algorithm SHA256).Hash.ToLowerInvariant()
        $asked = @{ version = '20.10.9'; sha256 = $digest; path = $archive }
        Pester\Mock -CommandName Get-WindowsFeature -MockWith { [pscustomobject]@{ InstallState = $Fake.feature } }
        Pester\Mock -CommandName Test-DockerPath -MockWith { return $Fake.path }
        Pester\Mock -CommandName Test-DockerOutdated -MockWith { return $Fake.outdated }
        Pester\Mock -CommandName Get-ProgramAnswer -MockWith {
            if (-not (Test-Path -LiteralPath $Program)) { return '' }
            if ($ArgumentList[0] -eq 'version' -and -not $Fake.answers) { return '' }
            return [System.IO.File]::ReadAllText($Program)
        }
        $Guest.answers['dockerd.exe'] = {
            param($List)
            if ($List -contains '--register-service') { Set-GuestService -Name 'docker' -Status 'Stopped' -StartType 'Automatic' }
            return @{ exitCode = 0 }
        }
    }

    Pester\It 'installs, registers and starts it, once' {
        $result = Get-ScriptResult -Name 'docker.ps1' -Parameter $asked
        $result.changed | Pester\Should -BeTrue
        $result.before.status | Pester\Should -Be 'Missing'
        $result.after.version | Pester\Should -Be '20.10.9'
        $result.after.answers | Pester\Should -Be '20.10.9'
        $result.after.status | Pester\Should -Be 'Running'
        $result.after.startType | Pester\Should -Be 'Automatic'
        $runs = $Guest.native.Count
        (Get-ScriptResult -Name 'docker.ps1' -Parameter $asked).changed | Pester\Should -BeFalse
        $Guest.native.Count | Pester\Should -Be $runs
    }

    Pester\It 'leaves nothing of the archive behind' {
        [void](Get-ScriptResult -Name 'docker.ps1' -Parameter $asked)
        Test-Path -LiteralPath (Join-Path -Path $Guest.root -ChildPath 'ProgramData\ingot\docker') | Pester\Should -BeFalse
    }

    Pester\It 'changes nothing with -Test, and says what it would' {
        $result = Get-ScriptResult -Name 'docker.ps1' -Parameter $asked -Test
        $result.changed | Pester\Should -BeTrue
        $result.evidence | Pester\Should -Contain 'version'
        Test-Path -LiteralPath (Join-Path -Path $Guest.root -ChildPath 'ProgramFiles\Docker') | Pester\Should -BeFalse
        $Guest.native.Count | Pester\Should -Be 0
    }

    Pester\It 'unpacks nothing of an archive with another digest' {
        $asked.sha256 = 'a' * 64
        Get-ScriptErrorCode -Name 'docker.ps1' -Parameter $asked | Pester\Should -Be 'guest.digest'
        Test-Path -LiteralPath (Join-Path -Path $Guest.root -ChildPath 'ProgramFiles\Docker') | Pester\Should -BeFalse
        $Guest.services.ContainsKey('docker') | Pester\Should -BeFalse
    }

    Pester\It 'needs the feature Containers, through its restart' {
        $Fake.feature = 'InstallPending'
        Get-ScriptErrorCode -Name 'docker.ps1' -Parameter $asked | Pester\Should -Be 'docker.containers-feature'
    }

    Pester\It 'replaces another version, whose service it stops first' {
        [void](Get-ScriptResult -Name 'docker.ps1' -Parameter $asked)
        [void](Set-GuestFile -Path 'ProgramFiles\Docker\dockerd.exe' -Text '19.3.1')
        $result = Get-ScriptResult -Name 'docker.ps1' -Parameter $asked
        $result.before.version | Pester\Should -Be '19.3.1'
        $result.after.version | Pester\Should -Be '20.10.9'
        $result.after.status | Pester\Should -Be 'Running'
        Pester\Should -Invoke -CommandName Stop-Service -ParameterFilter { $Name -eq 'docker' -and $Force }
    }

    Pester\Context 'daemon.json' {
        Pester\BeforeEach {
            [void](Get-ScriptResult -Name 'docker.ps1' -Parameter $asked)
            $asked.daemonJson = Set-GuestFile -Path 'candidate.json' -Text '{"debug":true}'
            $file = Join-Path -Path $Guest.root -ChildPath 'ProgramData\docker\config\daemon.json'
        }

        Pester\It 'is put into place' {
            (Get-ScriptResult -Name 'docker.ps1' -Parameter $asked).changed | Pester\Should -BeTrue
            [System.IO.File]::ReadAllText($file) | Pester\Should -BeExactly '{"debug":true}'
            Test-Path -LiteralPath $asked.daemonJson | Pester\Should -BeFalse
        }

        Pester\It 'takes the place of an older one' {
            [void](Set-GuestFile -Path 'ProgramData\docker\config\daemon.json' -Text '{}')
            [void](Get-ScriptResult -Name 'docker.ps1' -Parameter $asked)
            [System.IO.File]::ReadAllText($file) | Pester\Should -BeExactly '{"debug":true}'
            Test-Path -LiteralPath "$file.ingot-old" | Pester\Should -BeFalse
        }

        Pester\It 'is not put into place when dockerd refuses it' {
            foreach ($name in @('docker.exe', 'dockerd.exe')) { [void](Set-GuestFile -Path "ProgramFiles\Docker\$name" -Text '23.0.1') }
            $asked.version = '23.0.1'
            $Guest.answers['dockerd.exe'] = { @{ exitCode = 1; output = 'unknown key' } }
            Get-ScriptErrorCode -Name 'docker.ps1' -Parameter $asked | Pester\Should -Be 'docker.daemon-json'
            Test-Path -LiteralPath $file | Pester\Should -BeFalse
        }
    }
}
