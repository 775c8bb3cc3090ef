# Inbound firewall rules, idempotent by their display name.
[CmdletBinding()]
param()

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
. (Join-Path -Path $PSScriptRoot -ChildPath 'common.ps1')

# The rules of that name as the contract describes them.
function Get-IngotFirewallRule {
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][string]$Name)
    foreach ($rule in @(Get-NetFirewallRule -DisplayName $Name -ErrorAction SilentlyContinue)) {
        $filter = $rule | Get-NetFirewallPortFilter
        $port = 0
        # A rule made by hand may hold a range or a list, which is no single number.
        [void][int]::TryParse((@($filter.LocalPort) -join ','), [ref]$port)
        @{
            name          = $Name
            port          = $port
            protocol      = [string]$filter.Protocol
            enabled       = ($rule.Enabled.ToString() -eq 'True')
            direction     = $rule.Direction.ToString()
            action        = $rule.Action.ToString()
            edgeTraversal = $rule.EdgeTraversalPolicy.ToString()
            profile       = $rule.Profile.ToString()
        }
    }
}

function Test-IngotFirewallRule {
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)][AllowEmptyCollection()][object[]]$Found,
        [Parameter(Mandatory = $true)][int]$Port,
        [Parameter(Mandatory = $true)][string]$Protocol
    )
    if ($Found.Count -ne 1) { return $false }
    $rule = $Found[0]
    return ($rule.port -eq $Port) -and ($rule.protocol -eq $Protocol) -and $rule.enabled -and
        ($rule.direction -eq 'Inbound') -and ($rule.action -eq 'Allow') -and
        ($rule.edgeTraversal -eq 'Allow') -and ($rule.profile -eq 'Any')
}

Invoke-IngotScript -Body {
    param($Parameter)
    $changed = $false
    $rules = @()
    foreach ($wanted in @(Get-IngotProperty -InputObject $Parameter -Name 'rules' -Default @())) {
        $name = Get-IngotText -InputObject $wanted -Name 'name'
        $port = [int](Get-IngotProperty -InputObject $wanted -Name 'port' -Default 0)
        $protocol = [string](Get-IngotProperty -InputObject $wanted -Name 'protocol' -Default 'TCP')
        if ($port -lt 1 -or $port -gt 65535 -or @('TCP', 'UDP') -notcontains $protocol) {
            Stop-Ingot -Code 'guest.parameters' -Message "Expected a port from 1 to 65535 and TCP or UDP for the rule $name, found $protocol $port."
        }
        if (-not (Test-IngotFirewallRule -Found @(Get-IngotFirewallRule -Name $name) -Port $port -Protocol $protocol)) {
            # New-NetFirewallRule makes a second rule of the same display name each time it is run.
            Get-NetFirewallRule -DisplayName $name -ErrorAction SilentlyContinue | Remove-NetFirewallRule
            # The line of the OpenShift procedure; without -Profile it holds for any.
            [void](New-NetFirewallRule -DisplayName $name -LocalPort $port -Enabled True -Direction Inbound -Protocol $protocol -Action Allow -EdgeTraversalPolicy Allow)
            $changed = $true
        }
        $rules += @(Get-IngotFirewallRule -Name $name)
    }
    @{ changed = $changed; rules = @($rules) }
}
