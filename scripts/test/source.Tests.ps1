# source.ps1: what the Windows of a source is like.
[CmdletBinding()]
param()

Pester\Describe 'source.ps1' {
    Pester\BeforeAll {
        . (Join-Path -Path $PSScriptRoot -ChildPath 'harness.ps1')
    }

    Pester\BeforeEach {
        Initialize-Guest
        foreach ($name in @('sshd', 'VMTools')) { Set-GuestService -Name $name }
        $Guest.registry['HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion'] = @{
            CurrentBuild = '20348'; UBR = 681; EditionID = 'ServerStandard'; InstallationType = 'Server Core'
        }
        [void](Set-GuestFile -Path 'ProgramData\ssh\ssh_host_ed25519_key.pub' -Text 'ssh-ed25519 HOST x')
        Pester\Mock -CommandName Get-ImageState -MockWith { return 'IMAGE_STATE_COMPLETE' }
        Pester\Mock -CommandName Get-VmwareToolsVersion -MockWith { return '12.3.5' }
        Pester\Mock -CommandName Get-IngotBootTime -MockWith { return '2026-11-21T05:00:00.000Z' }
        Pester\Mock -CommandName Get-LocalUser -MockWith {
            [pscustomobject]@{ Name = 'Administrateur'; SID = [pscustomobject]@{ Value = 'S-1-5-21-1-2-3-500' } }
        }
    }

    Pester\It 'tells all of it' {
        $facts = Get-ScriptResult -Name 'source.ps1' -Parameter @{ seconds = 60 }
        $facts.osBuild | Pester\Should -Be '20348.681'
        $facts.edition | Pester\Should -Be 'ServerStandard'
        $facts.installationType | Pester\Should -Be 'Server Core'
        $facts.username | Pester\Should -Be 'Administrateur'
        $facts.hostKeys | Pester\Should -Be @('ssh-ed25519 HOST')
        $facts.tools.version | Pester\Should -Be '12.3.5'
        $facts.imageState | Pester\Should -Be 'IMAGE_STATE_COMPLETE'
    }

    Pester\It 'finds no host key where there is no SSH server' {
        Remove-Item -LiteralPath (Join-Path -Path $env:ProgramData -ChildPath 'ssh') -Recurse
        @((Get-ScriptResult -Name 'source.ps1' -Parameter @{ seconds = 0 }).hostKeys).Count | Pester\Should -Be 0
    }
}
