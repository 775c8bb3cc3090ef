# Firewall rules, idempotent by their display name; says what a group policy makes of rules that are set here.
[CmdletBinding()]
param([switch]$Test)

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
. (Join-Path -Path $PSScriptRoot -ChildPath 'common.ps1')

# Profiles in alphabetical order. All three are the same as any, and Windows may write one for the other.
function ConvertTo-ProfileText {
    param([Parameter(Mandatory = $true)][string[]]$Name)
    $text = (@($Name | ForEach-Object -Process { $_.Trim() } | Sort-Object) -join ',')
    if ($text -eq 'Domain,Private,Public') { return 'Any' }
    return $text
}

# A rule as the contract describes it.
function ConvertTo-RuleState {
    param([Parameter(Mandatory = $true)][object]$Rule)
    $port = $Rule | Get-NetFirewallPortFilter
    $address = $Rule | Get-NetFirewallAddressFilter
    $program = $Rule | Get-NetFirewallApplicationFilter
    return @{
        name            = [string]$Rule.DisplayName
        # Numbers, ranges such as 5000-5010, or Any: a text, as the rule holds it.
        port            = (@($port.LocalPort) -join ',')
        protocol        = [string]$port.Protocol
        enabled         = ($Rule.Enabled.ToString() -eq 'True')
        direction       = $Rule.Direction.ToString()
        action          = $Rule.Action.ToString()
        edgeTraversal   = $Rule.EdgeTraversalPolicy.ToString()
        profile         = (ConvertTo-ProfileText -Name ($Rule.Profile.ToString() -split ','))
        remoteAddresses = @(@($address.RemoteAddress) | ForEach-Object -Process { [string]$_ })
        program         = [string]$program.Program
    }
}

# Addresses as they can be compared: Windows writes a network with its mask, 10.0.0.0/255.0.0.0 for 10.0.0.0/8.
function ConvertTo-AddressText {
    param([Parameter(Mandatory = $true)][AllowEmptyCollection()][AllowEmptyString()][string[]]$Address)
    $texts = foreach ($one in $Address) {
        $parts = $one -split '/'
        if ($parts.Count -eq 2 -and $parts[1] -match '^\d+\.') {
            $bits = @([System.Net.IPAddress]::Parse($parts[1]).GetAddressBytes() | ForEach-Object -Process { [Convert]::ToString($_, 2) }) -join ''
            $length = ($bits -replace '0', '').Length
            if ($length -eq 32) { $parts[0] } else { '{0}/{1}' -f $parts[0], $length }
        }
        else { $one -replace '/32$', '' }
    }
    return (@($texts | Sort-Object) -join ',')
}

function Test-Rule {
    param([Parameter(Mandatory = $true)][AllowEmptyCollection()][object[]]$Found, [Parameter(Mandatory = $true)][hashtable]$Wanted)
    # A second rule of the same name counts as wrong: which of them holds would be a matter of chance.
    if ($Found.Count -ne 1) { return $false }
    foreach ($name in @('port', 'protocol', 'enabled', 'direction', 'action', 'edgeTraversal', 'profile')) {
        if ([string]$Found[0].$name -ne [string]$Wanted.$name) { return $false }
    }
    if ([Environment]::ExpandEnvironmentVariables($Found[0].program) -ne [Environment]::ExpandEnvironmentVariables($Wanted.program)) { return $false }
    return (ConvertTo-AddressText -Address $Found[0].remoteAddresses) -eq (ConvertTo-AddressText -Address $Wanted.remoteAddresses)
}

# One rule of the parameters, checked and filled in.
function ConvertTo-WantedRule {
    param([Parameter(Mandatory = $true)][object]$InputObject)
    $direction = [string](Get-IngotProperty -InputObject $InputObject -Name 'direction' -Default 'Inbound')
    $action = [string](Get-IngotProperty -InputObject $InputObject -Name 'action' -Default 'Allow')
    $edge = if ($direction -eq 'Inbound' -and $action -eq 'Allow') { 'Allow' } else { 'Block' }
    $rule = @{
        name            = (Get-IngotText -InputObject $InputObject -Name 'name')
        port            = (Get-IngotText -InputObject $InputObject -Name 'port')
        protocol        = [string](Get-IngotProperty -InputObject $InputObject -Name 'protocol' -Default 'TCP')
        enabled         = $true
        direction       = $direction
        action          = $action
        edgeTraversal   = [string](Get-IngotProperty -InputObject $InputObject -Name 'edgeTraversal' -Default $edge)
        profile         = (ConvertTo-ProfileText -Name @(Get-IngotProperty -InputObject $InputObject -Name 'profiles' -Default @('Any')))
        remoteAddresses = @(Get-IngotProperty -InputObject $InputObject -Name 'remoteAddresses' -Default @('Any') | ForEach-Object -Process { [string]$_ })
        program         = [string](Get-IngotProperty -InputObject $InputObject -Name 'program' -Default 'Any')
    }
    $known = @{ protocol = @('TCP', 'UDP'); direction = @('Inbound', 'Outbound'); action = @('Allow', 'Block'); edgeTraversal = @('Allow', 'Block') }
    foreach ($name in $known.Keys) {
        if ($known[$name] -notcontains $rule[$name]) { Stop-Ingot -Code 'guest.parameters' -Message ('Expected {0} of the rule {1} to be {2}, found {3}.' -f $name, $rule.name, ($known[$name] -join ' or '), $rule[$name]) }
    }
    foreach ($number in @($rule.port -split '-')) {
        $value = 0
        if (-not [int]::TryParse($number, [ref]$value) -or $value -lt 1 -or $value -gt 65535) {
            Stop-Ingot -Code 'guest.parameters' -Message ('Expected a port or a range of ports from 1 to 65535 for the rule {0}, found {1}.' -f $rule.name, $rule.port)
        }
    }
    return $rule
}

function Set-Rule {
    param([Parameter(Mandatory = $true)][hashtable]$Rule)
    # New-NetFirewallRule makes a second rule of the same display name each time it is run.
    Get-NetFirewallRule -DisplayName $Rule.name -ErrorAction SilentlyContinue | Remove-NetFirewallRule
    # The line of the OpenShift procedure; without -Profile it holds for any.
    $more = @{}
    if ($Rule.profile -ne 'Any') { $more.Profile = @($Rule.profile -split ',') }
    if (($Rule.remoteAddresses -join ',') -ne 'Any') { $more.RemoteAddress = $Rule.remoteAddresses }
    if ($Rule.program -ne 'Any') { $more.Program = $Rule.program }
    # Outbound rules know no edge traversal.
    if ($Rule.direction -eq 'Inbound') { $more.EdgeTraversalPolicy = $Rule.edgeTraversal }
    [void](New-NetFirewallRule -DisplayName $Rule.name -LocalPort $Rule.port -Enabled True -Direction $Rule.direction -Protocol $Rule.protocol -Action $Rule.action @more)
}

# The rules of these names, and what the policy in force says of each profile: where a group policy does not merge local
# rules, a rule that is there does nothing.
function Get-FirewallState {
    param([Parameter(Mandatory = $true)][AllowEmptyCollection()][AllowEmptyString()][string[]]$Name)
    $rules = @(foreach ($one in $Name) {
            foreach ($rule in @(Get-NetFirewallRule -DisplayName $one -ErrorAction SilentlyContinue)) { ConvertTo-RuleState -Rule $rule }
        })
    $profiles = @(foreach ($found in @(Get-NetFirewallProfile -PolicyStore ActiveStore)) {
            @{ name = [string]$found.Name; enabled = ($found.Enabled.ToString() -eq 'True'); localRules = ($found.AllowLocalFirewallRules.ToString() -ne 'False') }
        })
    return @{ rules = $rules; profiles = $profiles }
}

Invoke-IngotScript -Body {
    param($Parameter)
    $wanted = @(Get-IngotProperty -InputObject $Parameter -Name 'rules' -Default @() | ForEach-Object -Process { ConvertTo-WantedRule -InputObject $_ })
    $names = @($wanted | ForEach-Object -Process { $_.name })
    $before = Get-FirewallState -Name $names
    $evidence = @()
    foreach ($rule in $wanted) {
        $found = @($before.rules | Where-Object -FilterScript { $_.name -eq $rule.name })
        if (Test-Rule -Found $found -Wanted $rule) { continue }
        $evidence += '{0}: {1} rules of this name, not as wanted' -f $rule.name, $found.Count
        if (-not $Test) { Set-Rule -Rule $rule }
    }
    $after = $before
    if ($evidence.Count -gt 0 -and -not $Test) { $after = Get-FirewallState -Name $names }
    New-IngotResult -Changed ($evidence.Count -gt 0) -Before $before -After $after -Evidence $evidence
}
