# Says which network adapters Windows has, with their addresses, gateways, DNS servers and network category. Changes nothing.
[CmdletBinding()]
param()

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
. (Join-Path -Path $PSScriptRoot -ChildPath 'common.ps1')

# Addresses of one adapter with their state: one that another machine has too is Duplicate, one just set is Tentative.
function Get-AdapterAddress {
    param([Parameter(Mandatory = $true)][int]$Index)
    foreach ($address in @(Get-NetIPAddress -InterfaceIndex $Index -ErrorAction SilentlyContinue)) {
        @{
            # IPv6 link-local ones carry the adapter behind a percent sign.
            address = ([string]$address.IPAddress -split '%')[0]
            prefix  = [int]$address.PrefixLength
            state   = $address.AddressState.ToString()
            origin  = $address.PrefixOrigin.ToString()
        }
    }
}

Invoke-IngotScript -Body {
    $adapters = @(foreach ($adapter in @(Get-NetAdapter | Sort-Object -Property InterfaceIndex)) {
            $index = [int]$adapter.InterfaceIndex
            $routes = @(Get-NetRoute -InterfaceIndex $index -DestinationPrefix @('0.0.0.0/0', '::/0') -ErrorAction SilentlyContinue)
            # Missing while Windows still identifies the network.
            $networks = @(Get-NetConnectionProfile -InterfaceIndex $index -ErrorAction SilentlyContinue)
            @{
                name       = [string]$adapter.Name
                mac        = ([string]$adapter.MacAddress -replace '-', ':').ToLowerInvariant()
                status     = $adapter.Status.ToString()
                category   = [string]@($networks | ForEach-Object -Process { $_.NetworkCategory.ToString() } | Select-Object -First 1)
                addresses  = @(Get-AdapterAddress -Index $index)
                gateways   = @($routes | ForEach-Object -Process { [string]$_.NextHop } | Where-Object -FilterScript { @('0.0.0.0', '::') -notcontains $_ })
                dnsServers = @(Get-DnsClientServerAddress -InterfaceIndex $index -ErrorAction SilentlyContinue | ForEach-Object -Process { @($_.ServerAddresses) } | ForEach-Object -Process { [string]$_ } | Sort-Object -Unique)
            }
        })
    @{ adapters = $adapters }
}
