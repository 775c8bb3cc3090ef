# windows-feature.ps1: features and capabilities, of which some wait for a restart and some have lost their payload.
[CmdletBinding()]
param()

Pester\Describe 'windows-feature.ps1' {
    Pester\BeforeAll { . (Join-Path -Path $PSScriptRoot -ChildPath 'harness.ps1') }

    Pester\BeforeEach {
        Initialize-Guest
        $Fake = @{ features = @{ 'Containers' = 'Available'; 'Web-Server' = 'Installed'; 'Hyper-V' = 'Removed' }; capabilities = @{ 'OpenSSH.Server~~~~0.0.1.0' = 'NotPresent' }; success = $true; restart = 'No'; failure = '' }
        Pester\Mock -CommandName Get-WindowsFeature -MockWith { foreach ($one in @($Fake.features.Keys)) { [pscustomobject]@{ Name = $one; InstallState = $Fake.features[$one] } } }
        Pester\Mock -CommandName Install-WindowsFeature -MockWith {
            if ($Fake.failure) { throw $Fake.failure }
            foreach ($one in @($Name)) { $Fake.features[$one] = $(if ($Fake.restart -eq 'No') { 'Installed' } else { 'InstallPending' }) }
            [pscustomobject]@{ Success = $Fake.success; RestartNeeded = $Fake.restart; ExitCode = 'Outcome' }
        }
        Pester\Mock -CommandName Uninstall-WindowsFeature -MockWith {
            foreach ($one in @($Name)) { $Fake.features[$one] = 'Available' }
            [pscustomobject]@{ Success = $true; RestartNeeded = 'No'; ExitCode = 'Outcome' }
        }
        Pester\Mock -CommandName Get-WindowsCapability -MockWith {
            $state = $Fake.capabilities[[string]$Name]
            if ($null -eq $state) { [pscustomobject]@{ Name = ''; State = 'NotPresent' } }
            else { [pscustomobject]@{ Name = [string]$Name; State = $state } }
        }
        Pester\Mock -CommandName Add-WindowsCapability -MockWith {
            if ($Fake.failure) { throw $Fake.failure }
            $Fake.capabilities[[string]$Name] = 'Installed'
            [pscustomobject]@{ RestartNeeded = $false }
        }
    }

    Pester\It 'installs what is missing, and nothing the second time' {
        $result = Get-ScriptResult -Name 'windows-feature.ps1' -Parameter @{ names = @('Containers', 'Web-Server') }
        $result.changed | Pester\Should -BeTrue
        $result.rebootRequired | Pester\Should -BeFalse
        @($result.installed | Sort-Object) | Pester\Should -Be @('Containers', 'Web-Server')
        Pester\Should -Invoke -CommandName Install-WindowsFeature -Times 1 -Exactly -ParameterFilter { @($Name).Count -eq 1 -and $Name -eq 'Containers' }
        (Get-ScriptResult -Name 'windows-feature.ps1' -Parameter @{ names = @('Containers', 'Web-Server') }).changed | Pester\Should -BeFalse
        Pester\Should -Invoke -CommandName Install-WindowsFeature -Times 1 -Exactly
    }

    Pester\It 'changes nothing with -Test, and says that it would' {
        $result = Get-ScriptResult -Name 'windows-feature.ps1' -Parameter @{ names = @('Containers'); remove = @('Web-Server'); capabilities = @('OpenSSH.Server~~~~0.0.1.0') } -Test
        $result.changed | Pester\Should -BeTrue
        foreach ($name in @('Install-WindowsFeature', 'Uninstall-WindowsFeature', 'Add-WindowsCapability')) { Pester\Should -Invoke -CommandName $name -Times 0 -Exactly }
    }

    Pester\It 'asks for a restart, also when an earlier run has left the feature waiting' {
        $Fake.restart = 'Yes'
        (Get-ScriptResult -Name 'windows-feature.ps1' -Parameter @{ names = @('Containers') }).rebootRequired | Pester\Should -BeTrue
        $again = Get-ScriptResult -Name 'windows-feature.ps1' -Parameter @{ names = @('Containers') }
        $again.changed | Pester\Should -BeFalse
        $again.rebootRequired | Pester\Should -BeTrue
    }

    Pester\It 'fails for a name that this Windows does not know' {
        Get-ScriptErrorCode -Name 'windows-feature.ps1' -Parameter @{ names = @('Container') } | Pester\Should -Be 'feature.unknown'
        Get-ScriptErrorCode -Name 'windows-feature.ps1' -Parameter @{ capabilities = @('OpenSSH.Servr') } | Pester\Should -Be 'capability.unknown'
    }

    Pester\It 'fails when Server Manager reports a failure instead of throwing one' {
        $Fake.success = $false
        Get-ScriptErrorCode -Name 'windows-feature.ps1' -Parameter @{ names = @('Containers') } | Pester\Should -Be 'feature.failed'
    }

    Pester\It 'tells the code of servicing: a payload that is gone from the store' {
        $Fake.failure = 'The source files could not be found. Error: 0x800F081F'
        Get-ScriptErrorCode -Name 'windows-feature.ps1' -Parameter @{ names = @('Hyper-V') } | Pester\Should -Be 'servicing.0x800f081f'
    }

    Pester\It 'takes a feature away with its payload left' {
        (Get-ScriptResult -Name 'windows-feature.ps1' -Parameter @{ remove = @('Web-Server', 'Containers') }).changed | Pester\Should -BeTrue
        # The stand-in knows no -Remove: the call would have failed.
        Pester\Should -Invoke -CommandName Uninstall-WindowsFeature -Times 1 -Exactly -ParameterFilter { $Name -eq 'Web-Server' }
        (Get-ScriptResult -Name 'windows-feature.ps1' -Parameter @{ remove = @('Web-Server', 'Containers') }).changed | Pester\Should -BeFalse
    }

    Pester\It 'adds a capability from the source alone when there is one' {
        $parameter = @{ capabilities = @('OpenSSH.Server~~~~0.0.1.0'); source = 'D:\FoD' }
        (Get-ScriptResult -Name 'windows-feature.ps1' -Parameter $parameter).changed | Pester\Should -BeTrue
        Pester\Should -Invoke -CommandName Add-WindowsCapability -Times 1 -Exactly -ParameterFilter { $Online -and $LimitAccess -and $Source -eq 'D:\FoD' }
        (Get-ScriptResult -Name 'windows-feature.ps1' -Parameter $parameter).changed | Pester\Should -BeFalse
    }

    Pester\It 'needs something to do' { Get-ScriptErrorCode -Name 'windows-feature.ps1' | Pester\Should -Be 'guest.parameters' }
}
