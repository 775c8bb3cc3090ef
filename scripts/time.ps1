# The clock of a Windows in a workgroup: zone, NTP servers, a time service that starts with Windows.
[CmdletBinding()]
param([switch]$Test)

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
. (Join-Path -Path $PSScriptRoot -ChildPath 'common.ps1')

$ServiceKey = 'HKLM:\SYSTEM\CurrentControlSet\Services\W32Time'
$Client = "$ServiceKey\TimeProviders\NtpClient"
$Policies = 'HKLM:\SOFTWARE\Policies\Microsoft\W32Time'
$Toolbox = Join-Path -Path $env:ProgramFiles -ChildPath 'VMware\VMware Tools\VMwareToolboxCmd.exe'

# Whether VMware Tools set the clock every minute: enabled, disabled, or absent without Tools.
function Get-VmwareTimeSync {
    if (-not (Test-Path -LiteralPath $Toolbox -PathType Leaf)) { return 'absent' }
    $end = Invoke-Native -FilePath $Toolbox -ArgumentList @('timesync', 'status') -AnyCode
    # Its word is in the language of Windows; 0 is told for enabled only.
    if ($end.exitCode -eq 0 -and ($end.lines -join ' ') -notmatch 'Disabled') { return 'enabled' }
    return 'disabled'
}

function Get-TimeState {
    $service = Get-IngotService -Name 'W32Time'
    return @{
        zone           = [string](Get-TimeZone).Id
        type           = [string](Get-RegistryValue -Path "$ServiceKey\Parameters" -Name 'Type' -Default '')
        servers        = [string](Get-RegistryValue -Path "$ServiceKey\Parameters" -Name 'NtpServer' -Default '')
        pollSeconds    = [int](Get-RegistryValue -Path $Client -Name 'SpecialPollInterval' -Default 0)
        status         = $service.status
        startType      = $service.startType
        # In a workgroup the trigger ends the service right after the start: it waits for a domain to be joined.
        triggers       = @(Get-ChildItem -LiteralPath "$ServiceKey\TriggerInfo" -ErrorAction SilentlyContinue).Count
        vmwareTimeSync = Get-VmwareTimeSync
    }
}

# Values of a group policy win over those of the service.
function Assert-NoTimePolicy {
    foreach ($place in @("$Policies\Parameters", "$Policies\TimeProviders\NtpClient")) {
        $key = Get-Item -LiteralPath $place -ErrorAction SilentlyContinue
        if ($null -ne $key -and $key.ValueCount -gt 0) { Stop-Ingot -Code 'time.policy' -Message ('Expected no policy for the time service, found {0} in {1}.' -f ($key.GetValueNames() -join ', '), $place) }
    }
}

function Test-TimeState {
    param([Parameter(Mandatory = $true)][System.Collections.IDictionary]$State, [Parameter(Mandatory = $true)][System.Collections.IDictionary]$Wanted)
    return ($State.zone -eq $Wanted.zone) -and ($State.type -eq 'NTP') -and ($State.servers -eq $Wanted.servers) -and
        ($Wanted.pollSeconds -eq 0 -or $State.pollSeconds -eq $Wanted.pollSeconds) -and
        ($State.status -eq 'Running') -and ($State.startType -eq 'Automatic') -and ($State.triggers -eq 0) -and
        ($State.vmwareTimeSync -ne 'enabled')
}

function Set-TimeState {
    param([Parameter(Mandatory = $true)][System.Collections.IDictionary]$State, [Parameter(Mandatory = $true)][System.Collections.IDictionary]$Wanted)
    $system = Join-Path -Path $env:SystemRoot -ChildPath 'System32'
    if ($State.zone -ne $Wanted.zone) { Set-TimeZone -Id $Wanted.zone }
    if ($State.triggers -gt 0) { [void](Invoke-Native -FilePath (Join-Path -Path $system -ChildPath 'sc.exe') -ArgumentList @('triggerinfo', 'w32time', 'delete')) }
    Set-Service -Name 'W32Time' -StartupType Automatic
    if ((Get-IngotService -Name 'W32Time').startType -eq 'Disabled') { Stop-Ingot -Code 'time.service-disabled' -Message 'Expected the service W32Time to start with Windows, found it disabled again.' }
    if ($Wanted.pollSeconds -gt 0) { [void](New-ItemProperty -LiteralPath $Client -Name 'SpecialPollInterval' -PropertyType DWord -Value $Wanted.pollSeconds -Force) }
    # w32tm speaks to the running service.
    [void](Enable-IngotService -Name 'W32Time')
    [void](Invoke-Native -FilePath (Join-Path -Path $system -ChildPath 'w32tm.exe') -ArgumentList @('/config', "/manualpeerlist:$($Wanted.servers)", '/syncfromflags:manual', '/update'))
    # One clock, one master: VMware's own advice.
    if ($State.vmwareTimeSync -eq 'enabled') { [void](Invoke-Native -FilePath $Toolbox -ArgumentList @('timesync', 'disable') -AnyCode) }
}

Invoke-IngotScript -Body {
    param($Parameter)
    $servers = @(Get-IngotProperty -InputObject $Parameter -Name 'servers' -Default @() | ForEach-Object -Process { [string]$_ })
    # They become one argument of w32tm: a list that blanks divide.
    if ($servers.Count -eq 0 -or @($servers | Where-Object -FilterScript { $_ -notmatch '^[0-9A-Za-z.:-]+,0x[0-9a-f]+$' }).Count -gt 0) { Stop-Ingot -Code 'guest.parameters' -Message 'Expected servers with flags such as ntp.example.com,0x8.' }
    $wanted = @{
        zone        = Get-IngotText -InputObject $Parameter -Name 'zone'
        servers     = $servers -join ' '
        pollSeconds = [int](Get-IngotProperty -InputObject $Parameter -Name 'pollSeconds' -Default 0)
    }
    Assert-NoTimePolicy
    $before = Get-TimeState
    $changed = -not (Test-TimeState -State $before -Wanted $wanted)
    $after = $before
    if ($changed -and -not $Test) {
        Write-IngotProgress -Message ('Setting the time service to {0}' -f $wanted.servers)
        Set-TimeState -State $before -Wanted $wanted
        $after = Get-TimeState
    }
    New-IngotResult -Changed $changed -Before $before -After $after
}
