# ip-address.ps1: adapters with all that the step judges; it changes nothing.
[CmdletBinding()]
param()

Pester\Describe 'ip-address.ps1' {
    Pester\BeforeAll { . (Join-Path -Path $PSScriptRoot -ChildPath 'harness.ps1') }

    Pester\BeforeEach {
        Initialize-Guest
        $Network = @{ category = @([pscustomobject]@{ NetworkCategory = 'Public' }) }
        Pester\Mock -CommandName Get-NetAdapter -MockWith {
            [pscustomobject]@{ Name = 'Ethernet1'; InterfaceIndex = 9; MacAddress = '00-50-56-AA-BB-02'; Status = 'Disconnected' }
            [pscustomobject]@{ Name = 'Ethernet0'; InterfaceIndex = 4; MacAddress = '00-50-56-AA-BB-01'; Status = 'Up' }
        }
        Pester\Mock -CommandName Get-NetIPAddress -MockWith {
            if ($InterfaceIndex -ne 4) { return }
            [pscustomobject]@{ IPAddress = 'fe80::1%4'; PrefixLength = 64; AddressState = 'Preferred'; PrefixOrigin = 'WellKnown' }
            [pscustomobject]@{ IPAddress = '192.0.2.10'; PrefixLength = 24; AddressState = 'Duplicate'; PrefixOrigin = 'Dhcp' }
        }
        Pester\Mock -CommandName Get-NetRoute -MockWith {
            if ($InterfaceIndex -ne 4) { return }
            [pscustomobject]@{ NextHop = '192.0.2.1' }
            [pscustomobject]@{ NextHop = '::' }
        }
        Pester\Mock -CommandName Get-NetConnectionProfile -MockWith { if ($InterfaceIndex -eq 4) { $Network.category } }
        # One object for IPv4 and one for IPv6, with lists in them.
        Pester\Mock -CommandName Get-DnsClientServerAddress -MockWith {
            [pscustomobject]@{ ServerAddresses = @('192.0.2.53', '192.0.2.54') }
            [pscustomobject]@{ ServerAddresses = @() }
        }
    }

    Pester\It 'tells adapters in the order of their index' {
        $adapters = @((Get-ScriptResult -Name 'ip-address.ps1').adapters)
        @($adapters | ForEach-Object -Process { $_.name }) | Pester\Should -Be @('Ethernet0', 'Ethernet1')
        $adapters[0].mac | Pester\Should -BeExactly '00:50:56:aa:bb:01'
        $adapters[0].status | Pester\Should -Be 'Up'
        $adapters[0].category | Pester\Should -Be 'Public'
    }

    Pester\It 'tells addresses with their state, and link-local ones without their zone' {
        $addresses = @(@((Get-ScriptResult -Name 'ip-address.ps1').adapters)[0].addresses)
        @($addresses | ForEach-Object -Process { $_.address }) | Pester\Should -Be @('fe80::1', '192.0.2.10')
        $addresses[1].state | Pester\Should -Be 'Duplicate'
        $addresses[1].origin | Pester\Should -Be 'Dhcp'
        $addresses[1].prefix | Pester\Should -Be 24
    }

    Pester\It 'takes a route without a next hop for no gateway' {
        @(@((Get-ScriptResult -Name 'ip-address.ps1').adapters)[0].gateways) | Pester\Should -Be @('192.0.2.1')
    }

    Pester\It 'tells the servers for names, and lists that are empty as lists' {
        $adapters = @((Get-ScriptResult -Name 'ip-address.ps1').adapters)
        @($adapters[0].dnsServers) | Pester\Should -Be @('192.0.2.53', '192.0.2.54')
        , $adapters[1].addresses | Pester\Should -BeOfType [System.Array]
        @($adapters[1].addresses).Count | Pester\Should -Be 0
        @($adapters[1].gateways).Count | Pester\Should -Be 0
    }

    Pester\It 'says no category while Windows still identifies the network' {
        $Network.category = @()
        @((Get-ScriptResult -Name 'ip-address.ps1').adapters)[0].category | Pester\Should -BeExactly ''
    }
}
