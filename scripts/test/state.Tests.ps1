# state.ps1: what Windows is like right now, in one answer.
[CmdletBinding()]
param()

Pester\Describe 'state.ps1' {
    Pester\BeforeAll { . (Join-Path -Path $PSScriptRoot -ChildPath 'harness.ps1') }

    Pester\BeforeEach {
        Initialize-Guest
        $Clock = @{ now = [DateTime]'2026-11-21T10:00:00' }
        Pester\Mock -CommandName Get-CimInstance -MockWith { [pscustomobject]@{ LocalDateTime = $Clock.now; LastBootUpTime = [DateTime]'2026-11-21T09:59:00' } }
        Pester\Mock -CommandName Get-IngotBootTime -MockWith { return 'boot 1' }
        Pester\Mock -CommandName Test-IngotFolderPrivate -MockWith { return $true }
        $Guest.registry['HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Setup\State'] = @{ ImageState = 'IMAGE_STATE_COMPLETE' }
        $Guest.registry['HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion'] = @{ CurrentBuild = '20348'; UBR = 681 }
    }

    Pester\It 'tells all of it' {
        $state = Get-ScriptResult -Name 'state.ps1'
        $state.bootTime | Pester\Should -BeExactly 'boot 1'
        $state.uptimeSeconds | Pester\Should -Be 60
        $state.computerName | Pester\Should -Be 'INGOT-TEST'
        $state.osBuild | Pester\Should -Be '20348.681'
        $state.imageState | Pester\Should -Be 'IMAGE_STATE_COMPLETE'
        @($state.pendingReboot).Count | Pester\Should -Be 0
        $state.privateFolder | Pester\Should -BeTrue
    }

    Pester\It 'takes files that are renamed at the next start for a note, not for a reason' {
        $Guest.registry['HKLM:\SYSTEM\CurrentControlSet\Control\Session Manager'] = @{ PendingFileRenameOperations = @('\??\C:\x', '') }
        $state = Get-ScriptResult -Name 'state.ps1'
        @($state.pendingReboot).Count | Pester\Should -Be 0
        $state.notes | Pester\Should -Be @('PendingFileRenameOperations: 1 entries, the first \??\C:\x')
    }

    Pester\It 'tells one reason to restart as a list' {
        $Guest.registry['HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\RebootPending'] = @{}
        $state = Get-ScriptResult -Name 'state.ps1'
        , $state.pendingReboot | Pester\Should -BeOfType [System.Array]
        $state.pendingReboot | Pester\Should -Be @('CBS\RebootPending')
    }

    Pester\It 'tells no negative uptime after the clock was set back' {
        $Clock.now = [DateTime]'2026-11-21T09:00:00'
        (Get-ScriptResult -Name 'state.ps1').uptimeSeconds | Pester\Should -Be 0
    }
}
