# firewall.ps1: rules known by their display name, of which Windows itself would make a second one each time.
[CmdletBinding()]
param()

Pester\Describe 'firewall.ps1' {
    Pester\BeforeAll {
        . (Join-Path -Path $PSScriptRoot -ChildPath 'harness.ps1')

        function New-FakeRule {
            param($DisplayName, $LocalPort, $Protocol = 'TCP', $Enabled = 'True', $Direction = 'Inbound', $Action = 'Allow', $EdgeTraversalPolicy = 'Block', [Alias('Profile')]$Network = @('Any'), $RemoteAddress = @('Any'), $Program = 'Any')
            [pscustomobject]@{
                DisplayName = $DisplayName; LocalPort = $LocalPort; Protocol = $Protocol; Enabled = $Enabled; Direction = $Direction; Action = $Action
                EdgeTraversalPolicy = $EdgeTraversalPolicy; Profile = (@($Network) -join ', '); RemoteAddress = @($RemoteAddress); Program = $Program
            }
        }

        $procedure = @{ rules = @(@{ name = 'ContainerLogsPort'; port = '10250'; protocol = 'TCP' }) }
    }

    Pester\BeforeEach {
        Initialize-Guest
        $Firewall = @{ rules = @(); localRules = 'NotConfigured' }
        Pester\Mock -CommandName Get-NetFirewallRule -MockWith { foreach ($one in $Firewall.rules) { if ($one.DisplayName -eq $DisplayName) { $one } } }
        # The filters are properties of the fake rule.
        foreach ($filter in @('Get-NetFirewallPortFilter', 'Get-NetFirewallAddressFilter', 'Get-NetFirewallApplicationFilter')) {
            Pester\Mock -CommandName $filter -MockWith { $AssociatedNetFirewallRule }
        }
        Pester\Mock -CommandName New-NetFirewallRule -MockWith { $Firewall.rules += @(New-FakeRule @PesterBoundParameters) }
        Pester\Mock -CommandName Remove-NetFirewallRule -MockWith { $Firewall.rules = @($Firewall.rules | Where-Object -FilterScript { -not [object]::ReferenceEquals($_, $InputObject) -and $_.DisplayName -ne $InputObject.DisplayName }) }
        Pester\Mock -CommandName Get-NetFirewallProfile -MockWith { [pscustomobject]@{ Name = 'Public'; Enabled = 'True'; AllowLocalFirewallRules = $Firewall.localRules } }
    }

    Pester\It 'adds the rule exactly as the procedure writes it' {
        $result = Get-ScriptResult -Name 'firewall.ps1' -Parameter $procedure
        $result.changed | Pester\Should -BeTrue
        @($result.before.rules).Count | Pester\Should -Be 0
        @($result.after.rules).Count | Pester\Should -Be 1
        Pester\Should -Invoke -CommandName New-NetFirewallRule -Times 1 -Exactly
        Pester\Should -Invoke -CommandName New-NetFirewallRule -Times 1 -Exactly -ParameterFilter {
            $DisplayName -eq 'ContainerLogsPort' -and $LocalPort -eq '10250' -and $Enabled -eq 'True' -and $Direction -eq 'Inbound' -and
            $Protocol -eq 'TCP' -and $Action -eq 'Allow' -and $EdgeTraversalPolicy -eq 'Allow' -and -not $PesterBoundParameters.ContainsKey('Profile')
        }
    }

    Pester\It 'leaves the rule alone when it is run again' {
        [void](Get-ScriptResult -Name 'firewall.ps1' -Parameter $procedure)
        $result = Get-ScriptResult -Name 'firewall.ps1' -Parameter $procedure
        $result.changed | Pester\Should -BeFalse
        @($result.evidence).Count | Pester\Should -Be 0
        Pester\Should -Invoke -CommandName New-NetFirewallRule -Times 1 -Exactly
    }

    Pester\It 'takes all three profiles for any: written as <Network>' -ForEach @(@{ Network = @('Any') }, @{ Network = @('Domain', 'Private', 'Public') }) {
        $Firewall.rules = @(New-FakeRule -DisplayName 'ContainerLogsPort' -LocalPort '10250' -EdgeTraversalPolicy 'Allow' -Network $Network)
        $all = @{ rules = @(@{ name = 'ContainerLogsPort'; port = '10250'; profiles = @('Public', 'Domain', 'Private') }) }
        (Get-ScriptResult -Name 'firewall.ps1' -Parameter $all).changed | Pester\Should -BeFalse
    }

    Pester\It 'changes nothing with -Test, and says that it would' {
        $result = Get-ScriptResult -Name 'firewall.ps1' -Parameter $procedure -Test
        $result.changed | Pester\Should -BeTrue
        @($result.after.rules).Count | Pester\Should -Be 0
        Pester\Should -Invoke -CommandName New-NetFirewallRule -Times 0 -Exactly
        Pester\Should -Invoke -CommandName Remove-NetFirewallRule -Times 0 -Exactly
    }

    Pester\It 'makes one rule of two of the same name' {
        $Firewall.rules = @(1, 2 | ForEach-Object -Process { New-FakeRule -DisplayName 'ContainerLogsPort' -LocalPort '10250' -EdgeTraversalPolicy 'Allow' })
        (Get-ScriptResult -Name 'firewall.ps1' -Parameter $procedure).changed | Pester\Should -BeTrue
        $Firewall.rules.Count | Pester\Should -Be 1
    }

    Pester\It 'replaces a rule whose <Name> is <Value>' -ForEach @(
        @{ Name = 'LocalPort'; Value = '10251' }
        @{ Name = 'Protocol'; Value = 'UDP' }
        @{ Name = 'Enabled'; Value = 'False' }
        @{ Name = 'Direction'; Value = 'Outbound' }
        @{ Name = 'Action'; Value = 'Block' }
        @{ Name = 'EdgeTraversalPolicy'; Value = 'Block' }
        @{ Name = 'Profile'; Value = 'Private' }
        @{ Name = 'RemoteAddress'; Value = '10.0.0.0/8' }
        @{ Name = 'Program'; Value = 'C:\x.exe' }
    ) {
        $rule = New-FakeRule -DisplayName 'ContainerLogsPort' -LocalPort '10250' -EdgeTraversalPolicy 'Allow'
        $rule.$Name = $Value
        $Firewall.rules = @($rule)
        (Get-ScriptResult -Name 'firewall.ps1' -Parameter $procedure).changed | Pester\Should -BeTrue
        $Firewall.rules.Count | Pester\Should -Be 1
        (Get-ScriptResult -Name 'firewall.ps1' -Parameter $procedure).changed | Pester\Should -BeFalse
    }

    Pester\It 'leaves rules of other names alone' {
        $Firewall.rules = @(New-FakeRule -DisplayName 'Another' -LocalPort '10250')
        [void](Get-ScriptResult -Name 'firewall.ps1' -Parameter $procedure)
        @($Firewall.rules | ForEach-Object -Process { $_.DisplayName }) | Pester\Should -Be @('Another', 'ContainerLogsPort')
        Pester\Should -Invoke -CommandName Remove-NetFirewallRule -Times 0 -Exactly
    }

    Pester\It 'knows a network by its mask, as Windows writes it' {
        $Firewall.rules = @(New-FakeRule -DisplayName 'x' -LocalPort '22' -EdgeTraversalPolicy 'Allow' -RemoteAddress @('10.0.0.0/255.0.0.0', '192.0.2.1/255.255.255.255'))
        $wanted = @{ rules = @(@{ name = 'x'; port = '22'; remoteAddresses = @('192.0.2.1', '10.0.0.0/8') }) }
        (Get-ScriptResult -Name 'firewall.ps1' -Parameter $wanted).changed | Pester\Should -BeFalse
    }

    Pester\It 'gives an outbound rule no edge traversal' {
        $wanted = @{ rules = @(@{ name = 'out'; port = '443'; direction = 'Outbound'; action = 'Block' }) }
        [void](Get-ScriptResult -Name 'firewall.ps1' -Parameter $wanted)
        Pester\Should -Invoke -CommandName New-NetFirewallRule -Times 1 -Exactly -ParameterFilter { -not $PesterBoundParameters.ContainsKey('EdgeTraversalPolicy') }
        (Get-ScriptResult -Name 'firewall.ps1' -Parameter $wanted).changed | Pester\Should -BeFalse
    }

    Pester\It 'says when a group policy does not let local rules count' {
        $Firewall.localRules = 'False'
        $result = Get-ScriptResult -Name 'firewall.ps1' -Parameter $procedure -Test
        @($result.after.profiles)[0].localRules | Pester\Should -BeFalse
    }

    Pester\It 'refuses <Reason>, before it touches any rule' -ForEach @(
        @{ Reason = 'port 0'; Rule = @{ name = 'x'; port = '0' } }
        @{ Reason = 'port 65536'; Rule = @{ name = 'x'; port = '65536' } }
        @{ Reason = 'a range with no end'; Rule = @{ name = 'x'; port = '5000-' } }
        @{ Reason = 'a protocol it does not know'; Rule = @{ name = 'x'; port = '1'; protocol = 'ICMP' } }
        @{ Reason = 'a rule without a name'; Rule = @{ port = '1' } }
        @{ Reason = 'a rule without a port'; Rule = @{ name = 'x' } }
    ) {
        Get-ScriptErrorCode -Name 'firewall.ps1' -Parameter @{ rules = @($procedure.rules[0], $Rule) } | Pester\Should -Be 'guest.parameters'
        Pester\Should -Invoke -CommandName New-NetFirewallRule -Times 0 -Exactly
    }
}
