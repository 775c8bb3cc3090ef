# diagnostics.ps1: the ends of logs, without passwords.
[CmdletBinding()]
param()

Pester\Describe 'diagnostics.ps1' {
    Pester\BeforeAll {
        . (Join-Path -Path $PSScriptRoot -ChildPath 'harness.ps1')
        . ([scriptblock]::Create((Get-ScriptFunctionText -Name 'diagnostics.ps1')))

        function Get-Report {
            param([Parameter(Mandatory = $true)][string]$Name)
            return [System.IO.File]::ReadAllText((Join-Path -Path $Guest.root -ChildPath "ProgramData\ingot\diagnostics\$Name"))
        }
    }

    Pester\BeforeEach {
        Initialize-Guest
        Set-GuestService -Name 'sshd'
        Pester\Mock -CommandName Get-WinEvent -MockWith { [pscustomobject]@{ TimeCreated = [DateTime]'2026-11-21T10:00:00'; LevelDisplayName = 'Error'; ProviderName = 'Provider'; Id = 7; Message = "first`r`nsecond" } }
        Pester\Mock -CommandName Get-CimInstance -MockWith { [pscustomobject]@{ DeviceID = 'C:'; FreeSpace = 1; Size = 2 } }
        Pester\Mock -CommandName Get-Process -MockWith { [pscustomobject]@{ Id = 4; ProcessName = 'System' } }
        Pester\Mock -CommandName Get-NetIPAddress -MockWith { [pscustomobject]@{ InterfaceAlias = 'Ethernet0'; IPAddress = '192.0.2.10' } }
        Pester\Mock -CommandName Get-IngotBootTime -MockWith { return 'boot 1' }
    }

    Pester\It 'hides <Reason>' -ForEach @(
        @{ Reason = 'the password of an answer file'; Text = '<AdministratorPassword><Value>S3cret</Value></AdministratorPassword>' }
        @{ Reason = 'one over several lines'; Text = "<Password>`r`n  <Value>S3cret</Value>`r`n</Password>" }
        @{ Reason = 'a product key'; Text = '<ProductKey>S3cret</ProductKey>' }
        @{ Reason = 'a password behind its name'; Text = 'Password: S3cret' }
        @{ Reason = 'a quoted one'; Text = 'password="S3cret and more"' }
        @{ Reason = 'a token'; Text = 'token=S3cret' }
    ) {
        $hidden = Hide-Password -Text "before $Text after"
        $hidden | Pester\Should -Not -BeLike '*S3cret*'
        $hidden | Pester\Should -BeLike 'before*after'
    }

    Pester\It 'keeps the end of a log, and says that it was cut' {
        [void](Set-GuestFile -Path 'Windows\Logs\CBS\CBS.log' -Text (('x' * 100) + 'the end'))
        $run = Get-ScriptResult -Name 'diagnostics.ps1' -Parameter @{ fileBytes = 20 }
        $file = @($run.files | Where-Object -FilterScript { $_.name -eq 'cbs.log' })[0]
        $file.cut | Pester\Should -BeTrue
        Get-Report -Name 'cbs.log' | Pester\Should -BeLike '*the end'
    }

    Pester\It 'reads logs in UTF-16' {
        $path = Set-GuestFile -Path 'Windows\Logs\DISM\dism.log'
        [System.IO.File]::WriteAllText($path, 'wide text', [System.Text.Encoding]::Unicode)
        [void](Get-ScriptResult -Name 'diagnostics.ps1')
        Get-Report -Name 'dism.log' | Pester\Should -BeLike '*wide text'
    }

    Pester\It 'leaves out logs that are not there' {
        $names = @((Get-ScriptResult -Name 'diagnostics.ps1').files | ForEach-Object -Process { $_.name })
        $names | Pester\Should -Not -Contain 'cbs.log'
        $names | Pester\Should -Contain 'services.txt'
    }

    Pester\It 'writes an event on one line' {
        [void](Get-ScriptResult -Name 'diagnostics.ps1')
        Get-Report -Name 'events-system.txt' | Pester\Should -BeLike '*Error Provider 7: first second*'
    }

    Pester\It 'says what could not be had, and goes on' {
        Pester\Mock -CommandName Get-Process -MockWith { throw 'access denied' }
        [void](Get-ScriptResult -Name 'diagnostics.ps1')
        Get-Report -Name 'processes.txt' | Pester\Should -BeLike 'not to be had: access denied*'
        Get-Report -Name 'services.txt' | Pester\Should -BeLike '*sshd*'
    }

    Pester\It 'begins anew each time' {
        [void](Set-GuestFile -Path 'ProgramData\ingot\diagnostics\old.txt' -Text 'x')
        [void](Get-ScriptResult -Name 'diagnostics.ps1')
        Test-Path -LiteralPath (Join-Path -Path $Guest.root -ChildPath 'ProgramData\ingot\diagnostics\old.txt') | Pester\Should -BeFalse
    }
}
