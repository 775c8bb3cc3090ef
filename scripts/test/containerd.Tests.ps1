# containerd.ps1: an archive with the digest of the image file becomes a service that answers.
[CmdletBinding()]
param()

Pester\Describe 'containerd.ps1' {
    Pester\BeforeAll { . (Join-Path -Path $PSScriptRoot -ChildPath 'harness.ps1') }

    Pester\BeforeEach {
        Initialize-Guest
        $Fake = @{ feature = 'Installed' }
        $archive = Set-GuestFile -Path 'upload.tar.gz' -Text 'an archive'
        $digest = (Get-FileHash -LiteralPath $archive -Algorithm SHA256).Hash
        $asked = @{ version = '1.7.20'; sha256 = $digest; path = $archive }
        Pester\Mock -CommandName Get-WindowsFeature -MockWith { [pscustomobject]@{ InstallState = $Fake.feature } }
        $Guest.answers['tar.exe'] = {
            foreach ($name in @('containerd.exe', 'ctr.exe')) { [void](Set-GuestFile -Path "ProgramFiles\containerd\bin\$name") }
            return @{ exitCode = 0 }
        }
        $Guest.answers['containerd.exe'] = {
            param($List)
            if ($List -contains '--register-service') { Set-GuestService -Name 'containerd' -Status 'Stopped' -StartType 'Automatic' }
            if ($List -contains 'default') { return @{ exitCode = 0; output = "version = 2`n" } }
            return @{ exitCode = 0; output = 'containerd github.com/containerd/containerd v1.7.20 8fc6bcff51318944179630522a095cc9dbf9f353' }
        }
        $Guest.answers['ctr.exe'] = { return @{ exitCode = 0; output = "Client:`n  Version:  v1.7.19`nServer:`n  Version:  v1.7.20`n" } }
    }

    Pester\It 'installs, configures, registers and starts it, once' {
        $result = Get-ScriptResult -Name 'containerd.ps1' -Parameter $asked
        $result.changed | Pester\Should -BeTrue
        $result.after.version | Pester\Should -Be '1.7.20'
        $result.after.answers | Pester\Should -Be '1.7.20'
        $result.after.status | Pester\Should -Be 'Running'
        [System.IO.File]::ReadAllText((Join-Path -Path $Guest.root -ChildPath 'ProgramFiles\containerd\config.toml')) | Pester\Should -BeExactly "version = 2`n"
        (Get-ScriptResult -Name 'containerd.ps1' -Parameter $asked).changed | Pester\Should -BeFalse
        @($Guest.native | Where-Object -FilterScript { $_.name -eq 'tar.exe' }).Count | Pester\Should -Be 1
    }

    Pester\It 'keeps a configuration that is there' {
        [void](Set-GuestFile -Path 'ProgramFiles\containerd\config.toml' -Text 'mine')
        [void](Get-ScriptResult -Name 'containerd.ps1' -Parameter $asked)
        [System.IO.File]::ReadAllText((Join-Path -Path $Guest.root -ChildPath 'ProgramFiles\containerd\config.toml')) | Pester\Should -BeExactly 'mine'
    }

    Pester\It 'changes nothing with -Test, and says what it would' {
        $result = Get-ScriptResult -Name 'containerd.ps1' -Parameter $asked -Test
        $result.changed | Pester\Should -BeTrue
        $Guest.native.Count | Pester\Should -Be 0
        Test-Path -LiteralPath (Join-Path -Path $Guest.root -ChildPath 'ProgramFiles\containerd') | Pester\Should -BeFalse
    }

    Pester\It 'unpacks nothing of an archive with another digest' {
        $asked.sha256 = 'a' * 64
        Get-ScriptErrorCode -Name 'containerd.ps1' -Parameter $asked | Pester\Should -Be 'guest.digest'
        $Guest.native.Count | Pester\Should -Be 0
    }

    Pester\It 'needs the feature Containers, through its restart' {
        $Fake.feature = 'InstallPending'
        Get-ScriptErrorCode -Name 'containerd.ps1' -Parameter $asked | Pester\Should -Be 'containerd.containers-feature'
    }
}
