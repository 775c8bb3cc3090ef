# The commands of Windows that the scripts call and no test may really run: name -> parameters in use.
# NAME? is a switch, NAME< takes values from the pipeline. On Windows WindowsCommands.Tests.ps1 holds this table against
# the commands themselves; test/scripts/pester.test.ts holds the scripts against it.
@{
    # Windows features, capabilities, packages
    'Add-WindowsCapability'            = 'Online? Name Source LimitAccess?'
    'Get-AppxPackage'                  = 'AllUsers?'
    'Get-AppxProvisionedPackage'       = 'Online?'
    'Get-WindowsCapability'            = 'Online? Name'
    'Get-WindowsFeature'               = 'Name'
    'Get-WindowsDriver'                = 'Online?'
    'Install-WindowsFeature'           = 'Name Source'
    'Get-HotFix'                       = ''
    'Remove-AppxPackage'               = 'AllUsers? Package'
    'Uninstall-WindowsFeature'         = 'Name'

    # Microsoft Defender Antivirus
    'Add-MpPreference'                 = 'ExclusionPath ExclusionProcess ExclusionExtension'
    'Get-MpComputerStatus'             = ''
    'Get-MpPreference'                 = ''
    'Remove-MpPreference'              = 'ExclusionPath ExclusionProcess ExclusionExtension'

    # Services, tasks, the machine
    'New-CimInstance'                  = 'ClassName Property'
    'Optimize-Volume'                  = 'DriveLetter ReTrim?'
    'Remove-CimInstance'               = 'InputObject<'
    'Set-CimInstance'                  = 'InputObject< Property'
    'Set-Date'                         = 'Date'
    'Set-TimeZone'                     = 'Id'
    'Get-Disk'                         = 'Number'
    'Get-Partition'                    = 'DriveLetter'
    'Get-TimeZone'                     = ''
    'Get-CimInstance'                  = 'ClassName Namespace Filter'
    'Get-Process'                      = 'Name Id'
    'Get-ScheduledTask'                = 'TaskName'
    'Get-ScheduledTaskInfo'            = 'TaskName'
    'Get-Service'                      = 'Name'
    'Get-WinEvent'                     = 'ListLog FilterHashtable MaxEvents'
    'New-ScheduledTaskAction'          = 'Execute Argument'
    'New-ScheduledTaskPrincipal'       = 'UserId LogonType RunLevel'
    'New-ScheduledTaskSettingsSet'     = 'Priority ExecutionTimeLimit AllowStartIfOnBatteries? DontStopIfGoingOnBatteries? MultipleInstances'
    'Register-ScheduledTask'           = 'TaskName Action Settings Principal User Password RunLevel Force?'
    'Restart-Service'                  = 'Name Force?'
    'Set-Service'                      = 'Name StartupType'
    'Start-ScheduledTask'              = 'TaskName'
    'Start-Service'                    = 'Name'
    'Stop-Computer'                    = 'Force?'
    'Stop-Process'                     = 'Name Force?'
    'Stop-Service'                     = 'Name Force?'
    'Unregister-ScheduledTask'         = 'TaskName Confirm?'

    # Network
    'Get-DnsClientServerAddress'       = 'InterfaceIndex'
    'Get-NetAdapter'                   = ''
    'Get-NetConnectionProfile'         = 'InterfaceIndex'
    'Get-NetFirewallAddressFilter'     = 'AssociatedNetFirewallRule<'
    'Get-NetFirewallApplicationFilter' = 'AssociatedNetFirewallRule<'
    'Get-NetFirewallPortFilter'        = 'AssociatedNetFirewallRule<'
    'Get-NetFirewallProfile'           = 'PolicyStore'
    'Get-NetFirewallRule'              = 'Name DisplayName'
    'Get-NetIPAddress'                 = 'InterfaceIndex'
    'Get-NetRoute'                     = 'InterfaceIndex DestinationPrefix'
    'Get-NetTCPConnection'             = 'LocalPort State'
    'Invoke-WebRequest'                = 'Uri OutFile UseBasicParsing? Proxy'
    'New-NetFirewallRule'              = 'Name DisplayName Enabled Profile Direction Action EdgeTraversalPolicy LocalPort Protocol RemoteAddress Program'
    'Remove-NetFirewallRule'           = 'InputObject<'
    'Resolve-DnsName'                  = 'Name Type DnsOnly?'
    'Set-NetFirewallRule'              = 'Name Enabled Profile Action LocalPort'

    # Users
    'Get-LocalUser'                    = ''
    'Set-LocalUser'                    = 'SID Password'

    # Registry and access lists
    'Get-Acl'                          = 'LiteralPath'
    'New-ItemProperty'                 = 'LiteralPath Name PropertyType Value Force?'
    'Remove-ItemProperty'              = 'LiteralPath Name'
    'Set-ItemProperty'                 = 'LiteralPath Name Value'
}
