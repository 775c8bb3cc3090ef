# inventory.ps1: each part alone, so that one that cannot be read does not hide the rest.
[CmdletBinding()]
param()

Pester\Describe 'inventory.ps1' {
    Pester\BeforeAll {
        . (Join-Path -Path $PSScriptRoot -ChildPath 'harness.ps1')
        $uninstall = 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall'
        $packages = 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\Packages'
    }

    Pester\BeforeEach {
        Initialize-Guest
        Pester\Mock -CommandName Get-HotFix -MockWith { [pscustomobject]@{ HotFixID = 'KB5012637' } }
        Pester\Mock -CommandName Get-WindowsFeature -MockWith {
            [pscustomobject]@{ Name = 'Containers'; InstallState = 'Installed' }
            [pscustomobject]@{ Name = 'DNS'; InstallState = 'Available' }
        }
        Pester\Mock -CommandName Get-WindowsCapability -MockWith { [pscustomobject]@{ Name = 'OpenSSH.Server~~~~0.0.1.0'; State = 'Installed' } }
        Pester\Mock -CommandName Get-WindowsDriver -MockWith { [pscustomobject]@{ OriginalFileName = 'C:\x\vmxnet3.inf'; Version = '1.9.17.0'; ProviderName = 'VMware, Inc.' } }
        Pester\Mock -CommandName Get-LocalUser -MockWith { [pscustomobject]@{ Name = 'Administrator'; Enabled = $true } }
        Pester\Mock -CommandName Get-CimInstance -MockWith {
            if ($Filter) { [pscustomobject]@{ Name = 'docker'; PathName = '"C:\Program Files\Docker\dockerd.exe" --run-service' } }
            else { [pscustomobject]@{ Name = 'sshd'; StartMode = 'Auto'; StartName = 'LocalSystem' } }
        }
        Pester\Mock -CommandName Get-ChildItem -ParameterFilter { "$LiteralPath" -like 'Cert:*' } -MockWith { return }
        $Guest.answers['dockerd.exe'] = { @{ exitCode = 0; output = 'Docker version 20.10.9, build 79ea9d3' } }
        $Guest.registry["$uninstall\A"] = @{ DisplayName = 'VMware Tools'; DisplayVersion = '12.3.5'; Publisher = 'VMware' }
        $Guest.registry["$uninstall\B"] = @{ DisplayName = 'An update'; ParentKeyName = 'A' }
        $Guest.registry["$uninstall\C"] = @{}
    }

    Pester\It 'lists what is installed, one of a kind as a list' {
        $result = Get-ScriptResult -Name 'inventory.ps1'
        @($result.unread).Count | Pester\Should -Be 0
        $result.updates | Pester\Should -Be @('KB5012637')
        $result.features | Pester\Should -Be @('Containers')
        foreach ($part in @('updates', 'features', 'capabilities', 'services', 'software', 'drivers', 'users', 'runtimes')) {
            , $result.$part | Pester\Should -BeOfType [System.Array] -Because $part
        }
    }

    Pester\It 'takes no part of another product, and nothing without a name, for software' {
        @((Get-ScriptResult -Name 'inventory.ps1').software | ForEach-Object -Process { $_.name }) | Pester\Should -Be @('VMware Tools')
    }

    Pester\It 'knows cumulative updates by their package, if it is installed' {
        $Guest.registry["$packages\Package_for_RollupFix~31bf3856ad364e35~amd64~~20348.681.1.4"] = @{ CurrentState = 112 }
        $Guest.registry["$packages\Package_for_RollupFix~31bf3856ad364e35~amd64~~20348.1.1.1"] = @{ CurrentState = 80 }
        $Guest.registry["$packages\Microsoft-Windows-Foundation~x"] = @{ CurrentState = 112 }
        (Get-ScriptResult -Name 'inventory.ps1').packages | Pester\Should -Be @('Package_for_RollupFix~31bf3856ad364e35~amd64~~20348.681.1.4')
    }

    Pester\It 'tells the version of a runtime in the words of its program' {
        $Guest.native = @()
        @((Get-ScriptResult -Name 'inventory.ps1').runtimes)[0].version | Pester\Should -BeLike 'Docker version 20.10.9*'
    }

    Pester\It 'goes on when a part cannot be read, and names it' {
        Pester\Mock -CommandName Get-HotFix -MockWith { throw 'access denied' }
        $result = Get-ScriptResult -Name 'inventory.ps1'
        @($result.unread)[0].part | Pester\Should -Be 'updates'
        @($result.unread)[0].message | Pester\Should -Be 'access denied'
        $result.features | Pester\Should -Be @('Containers')
    }
}
